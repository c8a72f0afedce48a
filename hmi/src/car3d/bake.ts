// Fewer, larger meshes: what lies in one group, does not move on its own and shares a material becomes one mesh. Every draw call costs
// time, most of all where there is no graphics processor.

import { Group, Mesh, type BufferGeometry, type Material } from "three";
import { mergeGeometries, mergeVertices } from "three/examples/jsm/utils/BufferGeometryUtils.js";

function same(geometries: BufferGeometry[]): BufferGeometry[] {
  const withPlace = geometries.some((geometry) => geometry.hasAttribute("place"));
  return geometries.map((geometry) => {
    geometry.deleteAttribute("uv");
    const bare = geometry.index ? geometry : mergeVertices(geometry); // a corner that three triangles share is worked out once
    if (withPlace && !bare.hasAttribute("place")) throw new Error("mixed geometries");
    return bare;
  });
}

// The triangles for a slow machine: of what knows coarser ones those, of the rest all.
function coarse(parts: readonly BufferGeometry[]): number[] {
  let first = 0;
  return parts.flatMap((part) => {
    const own = (part.userData["coarse"] as number[] | undefined) ?? Array.from(part.index!.array);
    const from = first;
    first += part.getAttribute("position").count;
    return own.map((corner) => from + corner);
  });
}

// Merges the meshes that are direct children of the group (`keep` stay as they are), and goes into the groups below.
export function bake(group: Group, keep: ReadonlySet<Mesh> = new Set()): void {
  const byMaterial = new Map<Material, Mesh[]>();
  for (const child of [...group.children]) {
    if (child instanceof Group) bake(child, keep);
    else if (
      child instanceof Mesh &&
      !keep.has(child) &&
      child.visible &&
      !Array.isArray(child.material) &&
      !("map" in child.material && child.material.map)
    ) {
      const list = byMaterial.get(child.material as Material) ?? [];
      list.push(child);
      byMaterial.set(child.material as Material, list);
    }
  }
  for (const [material, meshes] of byMaterial) {
    if (meshes.length < 2) {
      if (!meshes[0]!.geometry.index) meshes[0]!.geometry = same([meshes[0]!.geometry])[0]!;
      continue;
    }
    const parts = same(
      meshes.map((mesh) => {
        mesh.updateMatrix();
        return (mesh.geometry as BufferGeometry).clone().applyMatrix4(mesh.matrix);
      }),
    );
    const merged = mergeGeometries(parts);
    merged.userData["coarse"] = coarse(parts);
    group.remove(...meshes);
    group.add(new Mesh(merged, material));
  }
}
