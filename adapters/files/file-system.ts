/**
 * The slice of node:fs that is used, and what its errors mean.
 *
 * @module
 */
import { codeOf, type FolderSystem } from "../folders.ts";

/** What a path is. */
export interface Stats {
  isFile(): boolean;
  isDirectory(): boolean;
  readonly mtimeMs: number;
}

/** One name in a folder. */
export interface FolderEntry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
}

/** An open file. */
export interface FileHandle {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  readFile(): Promise<Uint8Array>;
  writeFile(data: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** node:fs. */
export interface FileSystem extends FolderSystem {
  readonly constants: Readonly<Record<string, number | undefined>>;
  realpathSync(path: string): string;
  statSync(path: string): Stats;
  accessSync(path: string, mode: number): void;
  openSync(path: string, flags: string, mode: number): number;
  closeSync(file: number): void;
  unlinkSync(path: string): void;
  readonly promises: {
    open(path: string, flags: string | number, mode?: number): Promise<FileHandle>;
    rename(from: string, to: string): Promise<void>;
    link(from: string, to: string): Promise<void>;
    unlink(path: string): Promise<void>;
    lstat(path: string): Promise<Stats>;
    mkdir(path: string, options: { mode: number }): Promise<unknown>;
    readdir(path: string, options: { withFileTypes: true }): Promise<FolderEntry[]>;
  };
}

/** Rights of folders that we make: the owner's alone. */
export const FOLDER_MODE = 0o700;

/** Waits for an answer; errors with one of these codes are answered with `undefined`. */
export async function unless<T>(answer: Promise<T>, ...codes: readonly string[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (codes.includes(codeOf(error))) return undefined;
    throw error;
  }
}
