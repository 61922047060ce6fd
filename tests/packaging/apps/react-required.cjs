// A component of a package that is written for `require`.

const { useModule } = require("natero-wasm/react");

exports.Required = ({ module }) => {
  useModule(module);
  return null;
};
