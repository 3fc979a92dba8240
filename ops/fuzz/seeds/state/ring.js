window.__NUXT__=(function(a){a[1]=a;return {product:{name:"Tee",price:5,currency:"EUR",variants:a}}}([{sku:"T-1",price:5}]));
