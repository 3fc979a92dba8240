(function(a,b){return {state:{product:{name:a,price:b,sku:"\u00e9",images:["/x.jpg"]}}}}("Tee",19.9))
