// Prints what the Khronos validator finds in the glTF binary on standard input.
const { validateBytes } = require('gltf-validator');
const bytes = require('fs').readFileSync(0);
validateBytes(new Uint8Array(bytes)).then((report) => console.log(JSON.stringify(report.issues)));
