#pragma once
// libxml2's headers pull in ICU's only to lay out a struct that we never look into; Foundation
// brings an ICU of its own, and the two must not meet.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <libxml/xpath.h>

/// `xmlFree` is a variable; Swift wants a function.
static inline void vt_xml_free(void *pointer) { xmlFree(pointer); }
