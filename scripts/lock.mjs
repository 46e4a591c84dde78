/**
 * `npm run lock`: completes package-lock.json after an `npm install` that changed it.
 *
 * npm leaves a platform's package out of the lock when its registry does not have that version, and `npm ci` then
 * refuses the lock, on every platform. Such a package is written into the lock here, with the platform that its
 * name tells, so that only a machine of that platform asks for it.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { missingPackages } from "./platforms.mjs";
import { inside } from "./project.mjs";

const path = inside("package-lock.json");
const lock = JSON.parse(readFileSync(path, "utf8"));

for (const { path, name, version, dev } of missingPackages(lock.packages)) {
  const words = name.split(/[/-]/);
  const part = (/** @type {string[]} */ ...names) => names.find((word) => words.includes(word));
  const libc = part("musl", "glibc");
  lock.packages[path] = {
    version,
    cpu: [part("arm64", "arm") ?? "x64"],
    ...(dev ? { dev } : {}),
    ...(libc ? { libc: [libc] } : {}),
    optional: true,
    os: [part("darwin", "win32", "android") ?? (part("windows") ? "win32" : "linux")],
  };
  console.log(`added ${name}@${version}`);
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en"));
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
