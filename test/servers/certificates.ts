/** Certificates for a server on this machine, made when a test asks for them. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programPath } from "./available.ts";

export interface Certificates {
  /** PEM text of the authority that clients are told to trust. */
  readonly ca: string;
  readonly caPath: string;
  readonly certificatePath: string;
  readonly keyPath: string;
}

/**
 * Writes an authority, and a certificate of it for localhost and 127.0.0.1, into a folder. Valid for two days.
 *
 * @throws {Error} with what openssl said
 */
export function makeCertificates(folder: string): Certificates {
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => {
    const { status, stderr } = spawnSync(programPath("openssl") ?? "openssl", args, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`openssl failed: ${stderr}`);
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  // Two certificates, as rustls (Deno) and BoringSSL (Bun) refuse an authority as the certificate of a server.
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=Tiercel tests");
  openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
  writeFileSync(
    path("server.ext"),
    "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n",
  );
  const signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "server.ext"];
  openssl("x509", "-req", "-in", "server.csr", "-out", "server.crt", ...signed);
  return {
    ca: readFileSync(path("ca.crt"), "utf8"),
    caPath: path("ca.crt"),
    certificatePath: path("server.crt"),
    keyPath: path("server.key"),
  };
}
