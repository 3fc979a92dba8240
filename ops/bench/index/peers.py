"""The approximate peers, each with the settings among which it is tuned."""
import os
import statistics
import time

import faiss
import numpy as np

PROBES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
DEPTHS = (1, 2, 4, 8, 16, 32, 64)
BREADTHS = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536)


class Inverted:
    """A FAISS inverted file whose codes are refined with the vectors.

    `lists` is the file of another whose lists it takes over, as clustering is most of the work.
    """

    def __init__(self, rows, codes, lists=None):
        count = 1 << int(np.log2(4 * len(rows) ** 0.5) + 0.5)
        self.index = faiss.index_factory(
            rows.shape[1], f"IVF{count}_HNSW32,{codes}", faiss.METRIC_INNER_PRODUCT)
        if lists:
            self.lists = faiss.extract_index_ivf(lists.index)
            faiss.extract_index_ivf(self.index).quantizer = self.lists.quantizer
            faiss.extract_index_ivf(self.index).own_fields = False
        sample = np.random.default_rng(2).permutation(len(rows))[:64 * count]
        faiss.omp_set_num_threads(os.cpu_count())
        self.index.train(rows[sample])
        self.index.add(rows)
        faiss.omp_set_num_threads(1)
        self.refines = isinstance(faiss.downcast_index(self.index), faiss.IndexRefine)
        self.space = faiss.ParameterSpace()

    def ladders(self):
        """For each depth, the deepest first, looking into more and more lists."""
        depths = DEPTHS[::-1] if self.refines else (1,)
        return [[(probes, depth) for probes in PROBES] for depth in depths]

    def use(self, setting, k):
        probes, depth = setting
        self.space.set_index_parameter(self.index, "nprobe", probes)
        self.space.set_index_parameter(self.index, "quantizer_efSearch", max(16, 2 * probes))
        if self.refines:
            self.space.set_index_parameter(self.index, "k_factor_rf", depth)

    def search(self, query, k):
        return self.index.search(query, k)[1]


class Graph:
    """hnswlib with 16 neighbours, built with breadth 200."""

    def __init__(self, rows):
        import hnswlib
        self.index = hnswlib.Index(space="ip", dim=rows.shape[1])
        self.index.init_index(len(rows), M=16, ef_construction=200)
        self.index.add_items(rows, num_threads=os.cpu_count())
        self.index.set_num_threads(1)

    def ladders(self):
        return [BREADTHS]

    def use(self, setting, k):
        self.index.set_ef(max(setting, k))

    def search(self, query, k):
        return self.index.knn_query(query, k)[0]


class HalfGraph:
    """usearch with 16 neighbours, built with breadth 200, over vectors in fp16."""

    def __init__(self, rows):
        from usearch.index import Index
        self.index = Index(ndim=rows.shape[1], metric="ip", dtype="f16", connectivity=16,
                           expansion_add=200)
        self.index.add(np.arange(len(rows)), rows, threads=os.cpu_count())

    def ladders(self):
        return [BREADTHS]

    def use(self, setting, k):
        self.index.expansion_search = max(setting, k)

    def search(self, query, k):
        return self.index.search(query[0], k, threads=1).keys[None]


NAMES = ("faiss IVF, flat", "faiss IVF, PQ fast scan", "faiss IVF, PQ fast scan, fine",
         "faiss IVF, RaBitQ fast scan", "hnswlib", "usearch")
GRAPHS = NAMES[-2:]


def make(rows, names):
    """The named peers, each built by as many threads as there are cores and gone before the next."""
    dimension = rows.shape[1]
    codes = dict(zip(NAMES[1:4], (
        f"PQ{dimension // 8}x4fs,RFlat", f"PQ{dimension // 4}x4fs,RFlat", "RaBitQfs,RFlat")))
    lists = None
    for name in names:
        if name in GRAPHS:
            lists = None
            yield name, (Graph if name == "hnswlib" else HalfGraph)(rows)
        elif name in codes:
            yield name, Inverted(rows, codes[name], lists)
        else:
            lists = Inverted(rows, "Flat")
            yield name, lists


def tune(peer, queries, exact, k, targets):
    """By target: the setting that takes the least time among those that reach it.

    A ladder's settings find more and more, and more than those of the next ladder do: each is
    climbed until all targets are reached, the last one is the first that reaches none.
    """
    best = {}
    for ladder in peer.ladders():
        for setting in ladder:
            peer.use(setting, k)
            times, found = [], 0
            for query, wanted in zip(queries, exact):
                start = time.thread_time()
                rows = peer.search(query[None], k)
                times.append(time.thread_time() - start)
                found += len(np.intersect1d(rows, wanted))
            took = statistics.median(times)
            for target in targets:
                if found >= target * k * len(exact) and took < best.get(target, (None, 1e9))[1]:
                    best[target] = (setting, took)
            if found >= max(targets) * k * len(exact):
                break
        if found < min(targets) * k * len(exact):
            break
    return {target: setting for target, (setting, _) in best.items()}
