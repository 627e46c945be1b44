// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import Manifests
import Planning

@testable import Ledger

/// A directory of its own, with a ledger in it; gone afterwards.
struct LedgerFixture {
    static let key = [UInt8](repeating: 7, count: 32)

    let directory: String
    var path: String { directory + "/ledger.db" }

    struct NoDirectory: Error {}

    static func with<T>(_ body: (LedgerFixture) async throws -> T) async throws -> T {
        var template = Array("/tmp/mainstay-ledger-XXXXXX".utf8CString)
        guard let name = mkdtemp(&template) else { throw NoDirectory() }
        let fixture = LedgerFixture(directory: String(cString: name))
        defer { fixture.removeAll() }
        return try await body(fixture)
    }

    func open(key: [UInt8] = LedgerFixture.key) throws(LedgerError) -> Ledger {
        try Ledger(path: path, chainKey: key)
    }

    /// As somebody with the file in hand: no guards, no chain.
    func tamper(_ statements: String...) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            for table in Schema.tables {
                let names = ["\(table)_no_update", "\(table)_no_delete"]
                for name in names { try db.execute(sql: "DROP TRIGGER IF EXISTS \(name)") }
            }
            for statement in statements { try db.execute(sql: statement) }
        }
        try queue.close()
    }

    /// As somebody without the guards' knowledge.
    func delete(_ table: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in try db.execute(sql: "DELETE FROM \(table)") }
    }

    func copy(_ name: String, to destination: String) throws {
        guard let source = fopen(directory + "/" + name, "r") else { return }
        defer { fclose(source) }
        guard let target = fopen(destination, "w") else { throw NoDirectory() }
        defer { fclose(target) }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = fread(&buffer, 1, buffer.count, source), count > 0 { fwrite(buffer, 1, count, target) }
    }

    private func removeAll() {
        guard let listing = opendir(directory) else { return }
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            unlink(directory + "/" + name)
        }
        closedir(listing)
        rmdir(directory)
    }
}

// MARK: Records

let api = TargetID(application: "api", environment: "staging")
let worker = TargetID(application: "worker", environment: "staging")

func time(_ seconds: Int64) -> Timestamp { Timestamp(secondsSinceEpoch: 1_700_000_000 + seconds) }

func rollout(_ id: String, _ target: TargetID = api, at seconds: Int64 = 0) -> RolloutRecord {
    RolloutRecord(
        id: id, target: target, revision: "c-\(id)", digest: "d-\(id)", inputsDigest: "i-\(id)", trigger: .revision,
        startedAt: time(seconds))
}

func deployment(_ name: String) -> ObjectID {
    ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: name)
}

let crash = Cause(
    object: deployment("api"), reason: "CrashLoopBackOff", message: "container api: \"exit\" 1 – ünïcode\n",
    pod: "api-1", container: "api", image: "registry.example.com/api:1", exitCode: 1, logLines: ["one", "", "three"])
