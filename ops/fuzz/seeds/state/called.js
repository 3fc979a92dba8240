[null,{data:(function(a,b){a.x=b;a["y"]=1;return {product:{name:"V",price:a,sku:b,list:[(c=>({d:c}))(1)]}}}({},[1,2])),p:JSON.parse("{\"a\":1}"),m:new Map([["k",void 0]])}]
