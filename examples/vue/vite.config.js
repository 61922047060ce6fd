// Templates are compiled in the browser: this app has no component files.

export default { resolve: { alias: { vue: "vue/dist/vue.esm-bundler.js" } } };
