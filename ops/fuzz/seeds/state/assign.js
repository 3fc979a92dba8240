{"a":[1,{"b":void 0}],c:JSON.parse("{\"price\":1}"),d:!0,product:{name:"A",price:{amount:1,currency:"EUR"}}}
