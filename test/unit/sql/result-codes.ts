import { BUSY, CORRUPT, FULL, NOTADB, READONLY, resultCode } from "../../../adapters/sql/result-codes.ts";
import { same } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

const error = (message: string, fields: object = {}): Error => Object.assign(new Error(message), fields);

export const tests: TestCase[] = suite("sql result codes", {
  "finds the code where each driver keeps it"() {
    same(resultCode(error("database is locked", { code: "ERR_SQLITE_ERROR", errcode: 5 })), BUSY);
    same(resultCode(error("database is locked", { code: "SQLITE_BUSY", errno: 5 })), BUSY);
    same(resultCode(error("database is locked", { code: "SQLITE_BUSY", rawCode: 5 })), BUSY);
    same(resultCode(error("database is locked", { code: "ERR_SQLITE_ERROR" })), BUSY);
  },
  "takes an extended code for its primary one"() {
    same(resultCode(error("", { errcode: 517 })), BUSY);
    same(resultCode(error("", { errno: 267 })), CORRUPT);
  },
  "goes by the text where there is no code"() {
    same(resultCode(error("database or disk is full")), FULL);
    same(resultCode(error("attempt to write a readonly database")), READONLY);
    same(resultCode(error("file is not a database: /tmp/x")), NOTADB);
  },
  "answers undefined for what is no error of SQLite"() {
    same(resultCode(error("ENOENT: no such file", { errno: -2, code: "ENOENT" })), undefined);
    same(resultCode("text"), undefined);
    same(resultCode(undefined), undefined);
    same(resultCode(null), undefined);
  },
});
