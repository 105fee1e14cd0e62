"""A few lines of WebGL that turn the report's model under the mouse; without WebGL the picture stays."""

SCRIPT = """
(() => {
  const poster = document.getElementById('poster');
  const raw = atob(document.getElementById('model').textContent);
  const bytes = Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const length = view.getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + length)));
  const start = 28 + length;
  const slice = (index, Kind, width) => {
    const accessor = json.accessors[index], part = json.bufferViews[accessor.bufferView];
    const size = accessor.count * width * Kind.BYTES_PER_ELEMENT;
    return new Kind(bytes.buffer.slice(start + part.byteOffset, start + part.byteOffset + size));
  };
  const short = json.accessors[2].componentType === 5123;
  const points = slice(0, Float32Array, 3), normals = slice(1, Float32Array, 3);
  const corners = slice(2, short ? Uint16Array : Uint32Array, 1);
  const box = json.accessors[0], radius = Math.hypot(...box.max.map((high, axis) => high - box.min[axis])) / 2;
  const canvas = document.createElement('canvas');
  canvas.width = 960; canvas.height = 720; canvas.tabIndex = 0;
  canvas.setAttribute('aria-label', 'The part; drag or use the arrow keys to turn it');
  const gl = canvas.getContext('webgl2');
  if (!gl) return;
  const shader = (kind, source) => {
    const made = gl.createShader(kind); gl.shaderSource(made, source); gl.compileShader(made); return made;
  };
  const program = gl.createProgram();
  gl.attachShader(program, shader(gl.VERTEX_SHADER, `#version 300 es
    in vec3 point; in vec3 normal; uniform mat3 turn; uniform float size; out vec3 facing;
    void main() { vec3 at = turn * point / size; facing = turn * normal;
      gl_Position = vec4(at.x * 0.7, at.y * 0.933, -at.z * 0.5, 1.0); }`));
  gl.attachShader(program, shader(gl.FRAGMENT_SHADER, `#version 300 es
    precision mediump float; in vec3 facing; out vec4 colour;
    void main() { vec3 n = normalize(facing);
      float light = 0.3 + 0.5 * max(dot(n, normalize(vec3(0.3, 0.75, 0.6))), 0.0) + 0.2 * max(n.z, 0.0);
      colour = vec4(vec3(0.59, 0.69, 0.8) * light, 1.0); }`));
  gl.linkProgram(program); gl.useProgram(program);
  const fill = (target, data) => {
    gl.bindBuffer(target, gl.createBuffer()); gl.bufferData(target, data, gl.STATIC_DRAW);
  };
  for (const [name, data] of [['point', points], ['normal', normals]]) {
    fill(gl.ARRAY_BUFFER, data);
    const place = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(place); gl.vertexAttribPointer(place, 3, gl.FLOAT, false, 0, 0);
  }
  fill(gl.ELEMENT_ARRAY_BUFFER, corners);
  gl.enable(gl.DEPTH_TEST); gl.clearColor(1, 1, 1, 1);
  let yaw = -0.7, pitch = 0.5;
  const draw = () => {
    const [a, b, c, d] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    gl.uniformMatrix3fv(gl.getUniformLocation(program, 'turn'), false, [a, b * d, -b * c, 0, c, d, b, -a * d, a * c]);
    gl.uniform1f(gl.getUniformLocation(program, 'size'), radius);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.drawElements(gl.TRIANGLES, corners.length, short ? gl.UNSIGNED_SHORT : gl.UNSIGNED_INT, 0);
  };
  const turn = (x, y) => { yaw += x; pitch = Math.max(-1.57, Math.min(1.57, pitch + y)); draw(); };
  canvas.addEventListener('pointerdown', (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener('pointermove', (event) => {
    if (event.buttons) turn(event.movementX / 120, event.movementY / 120);
  });
  canvas.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[event.key];
    if (step) { turn(...step); event.preventDefault(); }
  });
  poster.replaceWith(canvas); draw();
  window.addEventListener('beforeprint', () => canvas.isConnected && canvas.replaceWith(poster));
  window.addEventListener('afterprint', () => poster.isConnected && (poster.replaceWith(canvas), draw()));
})();
"""
