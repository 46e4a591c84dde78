// Single files of the store, and what other processes do to them at the same time.
import * as fs from "node:fs";
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Disk } from "../../adapters/files/disk.ts";
import type { FileSystem } from "../../adapters/files/file-system.ts";
import { equal, rejects, same } from "../contract/assert.ts";

const PLACE = { shard: "00", file: "kk.tiercel" };
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Runs a test with a disk in a folder of its own, on a file system that may be changed by the test. */
async function onDisk(
  run: (disk: Disk, path: string) => unknown,
  change: (promises: FileSystem["promises"]) => Partial<FileSystem["promises"]> = () => ({}),
): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tiercel-files-")));
  const real = fs as unknown as FileSystem;
  const changed = { ...real, promises: { ...real.promises, ...change(real.promises) } } as FileSystem;
  try {
    await run(new Disk(changed, folder, () => {}, false), folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function textAt(disk: Disk): Promise<string | undefined> {
  const content = await disk.read(PLACE);
  return content instanceof Uint8Array ? new TextDecoder().decode(content) : undefined;
}

test("a file that is no longer what it was found to be is put back", () =>
  onDisk(async (disk, path) => {
    await disk.write(PLACE, bytesOf("fresh"));
    await disk.removeIf(PLACE, (content) => {
      same(new TextDecoder().decode(content as Uint8Array), "fresh");
      return false;
    });
    same(await textAt(disk), "fresh");
    equal(readdirSync(join(path, "00")), ["kk.tiercel"]);
    await disk.removeIf(PLACE, () => true);
    equal(readdirSync(join(path, "00")), []);
    await disk.removeIf(PLACE, () => true);
  }));

test("a file that was written while another was looked at stays, and nothing is left beside it", () =>
  onDisk(async (disk, path) => {
    for (const isDead of [true, false]) {
      await disk.write(PLACE, bytesOf("old"));
      await disk.removeIf(PLACE, () => {
        writeFileSync(join(path, "00", PLACE.file), "new");
        return isDead;
      });
      same(await textAt(disk), "new");
      equal(readdirSync(join(path, "00")), ["kk.tiercel"]);
    }
  }));

test("on a file system without links the file is given up rather than put over a newer one", () =>
  onDisk(
    async (disk, path) => {
      await disk.write(PLACE, bytesOf("fresh"));
      await disk.removeIf(PLACE, () => false);
      equal(readdirSync(join(path, "00")), []);
    },
    () => ({ link: () => Promise.reject(Object.assign(new Error("no links"), { code: "EPERM" })) }),
  ));

test("a write that fails at any step leaves the old file, and nothing beside it", async () => {
  const fault = () => Promise.reject(Object.assign(new Error("no space"), { code: "ENOSPC" }));
  const faults: ((promises: FileSystem["promises"]) => Partial<FileSystem["promises"]>)[] = [
    () => ({ rename: fault }),
    ({ open }) => ({
      async open(path, flags, mode) {
        const handle = await open(path, flags, mode);
        if (flags !== "wx") return handle;
        return {
          read: handle.read.bind(handle),
          readFile: () => handle.readFile(),
          // As on a full disk: the beginning is there.
          async writeFile(data) {
            await handle.writeFile(data.subarray(0, 3));
            return fault();
          },
          sync: () => handle.sync(),
          close: () => handle.close(),
        };
      },
    }),
  ];
  for (const change of faults) {
    let isFull = false;
    const whenFull = (promises: FileSystem["promises"]) => {
      const broken = { ...promises, ...change(promises) };
      return {
        rename: (from: string, to: string) => (isFull ? broken : promises).rename(from, to),
        open: (path: string, flags: string | number, mode?: number) =>
          (isFull ? broken : promises).open(path, flags, mode),
      };
    };
    await onDisk(async (disk, path) => {
      await disk.write(PLACE, bytesOf("old"));
      isFull = true;
      await rejects(disk.write(PLACE, bytesOf("newer")), "ENOSPC");
      isFull = false;
      same(await textAt(disk), "old");
      equal(readdirSync(join(path, "00")), ["kk.tiercel"]);
    }, whenFull);
  }
});
