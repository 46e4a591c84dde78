/**
 * Where an export goes: to a file that has its name when it is whole, or straight into a pipe or a device.
 *
 * @module
 */
import { constants, lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { usage } from "../failure.ts";
import { pause } from "../interrupt.ts";
import { Unread } from "../output.ts";
import type { Session } from "../session.ts";

/** Takes what is exported. */
export interface Sink {
  write(chunk: Uint8Array): Promise<unknown>;
  /** Waits until what was written is on the disk, where it is a file. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What the name of an export stands for. */
export interface Target {
  /** A file is made anew and put in the place of another; into what is there besides, it is written. */
  readonly kind: "output" | "file" | "stream";
  /** Behind all links. */
  readonly path: string;
  readonly exists: boolean;
}

/** @throws {Failure} for a folder, and for a link to nothing */
export function targetOf(file: string): Target {
  if (file === "-") return { kind: "output", path: file, exists: true };
  const stat = look(statSync, file);
  if (!stat) {
    if (look(lstatSync, file)) throw usage(`Cannot write ${file} as it is a link to what is not there`);
    return { kind: "file", path: file, exists: false };
  }
  if (stat.isDirectory()) throw usage(`Cannot write ${file} as it is a folder`);
  if (!stat.isFile()) return { kind: "stream", path: file, exists: true };
  const isLink = look(lstatSync, file)?.isSymbolicLink() === true;
  return { kind: "file", path: isLink ? realpathSync(file) : file, exists: true };
}

function look(at: typeof statSync, file: string): Stats | undefined {
  try {
    return at(file, { throwIfNoEntry: false });
  } catch (error) {
    throw usage(`Cannot write ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/**
 * A file.
 *
 * @param from bytes that stay, of an export that is gone on with
 * @throws {Failure} where it cannot be written, or has fewer bytes than that
 */
export async function fileSink(path: string, from: number | undefined): Promise<Sink> {
  const handle = await opened(path, from === undefined ? "w" : "r+");
  if (from !== undefined) {
    const { size } = await handle.stat();
    if (size < from) {
      await handle.close();
      throw usage(`Cannot resume as ${path} must have ${from} bytes: received ${size}`, "begin without --resume");
    }
    await handle.truncate(from);
  }
  let at = from ?? 0;
  return {
    async write(chunk) {
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, at);
        done += bytesWritten;
        at += bytesWritten;
      }
    },
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

/** How often it is looked whether somebody reads a pipe, in milliseconds. */
const LOOKS = 50;

/**
 * A pipe that has a name, or a device.
 *
 * @throws {Failure} where it cannot be written; {Unread} when its reader has left
 */
export async function streamSink(session: Session, path: string): Promise<Sink> {
  const reader = statSync(path).isFIFO() ? await awaited(path, session) : undefined;
  const handle = await opened(path, "w");
  await reader?.close();
  return {
    async write(chunk) {
      try {
        for (let done = 0; done < chunk.length; )
          done += (await handle.write(chunk, done, chunk.length - done, null)).bytesWritten;
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === "EPIPE" ? new Unread() : error;
      }
    },
    sync: async () => {},
    close: () => handle.close(),
  };
}

/** A pipe that somebody reads. To open it as a file would wait where no interruption reaches it. */
async function awaited(path: string, { output, signal }: Session): Promise<FileHandle> {
  for (let isTold = false; ; isTold = true) {
    try {
      return await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENXIO") throw usage(`Cannot write ${path}: ${code}`);
    }
    if (!isTold) output.note(`waiting until somebody reads ${path}`);
    await pause(LOOKS, signal);
  }
}

async function opened(path: string, flags: string): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (error) {
    throw usage(`Cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** Standard output. */
export function outputSink({ output }: Session): Sink {
  return { write: (chunk) => output.bytes(chunk), sync: async () => {}, close: async () => {} };
}
