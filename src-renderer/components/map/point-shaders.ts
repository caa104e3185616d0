/** One point an image: its place, its colour out of the palette, round, with a soft edge; what is selected has a ring. */
export const vertexShader = `#version 300 es
precision highp float;
in vec2 position;
in uint category;
in uint selected;
uniform vec2 middle;
uniform vec2 scale;
uniform float sizePx;
uniform bool drawsSelected;
uniform sampler2D palette;
out vec4 colour;

void main() {
  vec4 found = texelFetch(palette, ivec2(int(category & 1023u), int(category >> 10u)), 0);
  if (found.a == 0.0 || (selected != 0u) != drawsSelected) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    gl_PointSize = 1.0;
    return;
  }
  gl_Position = vec4((position - middle) * scale, 0.0, 1.0);
  gl_PointSize = sizePx;
  colour = found;
}`

export const fragmentShader = `#version 300 es
precision highp float;
in vec4 colour;
uniform float sizePx;
uniform float alpha;
uniform float ringPx;
uniform vec3 ring;
out vec4 result;

void main() {
  float away = length(gl_PointCoord - 0.5) * sizePx;
  float edge = sizePx < 3.0 ? 1.0 : clamp(sizePx * 0.5 - away, 0.0, 1.0);
  float inRing = clamp(away - (sizePx * 0.5 - ringPx) + 0.5, 0.0, 1.0) * step(0.001, ringPx);
  float opacity = edge * alpha;
  result = vec4(mix(colour.rgb, ring, inRing) * opacity, opacity);
}`
