// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing

@testable import Mainstay

@Suite("Data directory")
struct DataDirectoryTests {
    private static func with(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("mainstay-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private static func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require((attributes[.posixPermissions] as? NSNumber)?.intValue)
    }

    @Test("A missing directory is made, with those above it, for its owner only")
    func made() throws {
        try Self.with { path in
            let data = try DataDirectory(path: "\(path)/a/b")
            #expect(try Self.mode("\(path)/a/b") == 0o700)
            #expect(data.ledger == "\(path)/a/b/ledger.db")
            #expect(data.mirror == "\(path)/a/b/mirror.git")
            _ = try DataDirectory(path: "\(path)/a/b")
        }
    }

    @Test("A path that is a file is refused by name")
    func file() throws {
        try Self.with { path in
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            let error = #expect(throws: DataDirectory.Failure.self) { _ = try DataDirectory(path: path) }
            #expect(error?.description.hasPrefix("data.directory: cannot make \(path): ") == true)
        }
    }

    @Test("A directory that cannot be made says why and what to do", .enabled(if: access("/proc", F_OK) == 0))
    func notWritable() throws {
        let error = #expect(throws: DataDirectory.Failure.self) { _ = try DataDirectory(path: "/proc/mainstay") }
        #expect(error?.description.hasPrefix("data.directory: cannot make /proc/mainstay: ") == true)
        #expect(error?.description.hasSuffix("; make it, or name another one") == true)
    }

    @Test("The audit chain's key is made once, for its owner only, and is another one elsewhere")
    func key() throws {
        try Self.with { path in
            let data = try DataDirectory(path: path)
            let key = try data.chainKey()
            #expect(key.count == 32)
            #expect(try data.chainKey() == key)
            #expect(try DataDirectory(path: path).chainKey() == key)
            #expect(try Self.mode("\(path)/audit.key") == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["audit.key"])
            #expect(try DataDirectory(path: "\(path)/other").chainKey() != key)
        }
    }

    @Test("What a crash left of a key is replaced")
    func draft() throws {
        try Self.with { path in
            let data = try DataDirectory(path: path)
            #expect(FileManager.default.createFile(atPath: "\(path)/audit.key.new", contents: Data([1, 2, 3])))
            #expect(try data.chainKey().count == 32)
        }
    }

    @Test("A key of another length is refused, never replaced", arguments: [0, 31, 33, 100_000])
    func wrongKey(length: Int) throws {
        try Self.with { path in
            let data = try DataDirectory(path: path)
            let bytes = Data(repeating: 7, count: length)
            #expect(FileManager.default.createFile(atPath: "\(path)/audit.key", contents: bytes))
            let error = #expect(throws: DataDirectory.Failure.self) { _ = try data.chainKey() }
            #expect(error?.description.contains("\(path)/audit.key: ") == true)
            #expect(error?.description.hasSuffix("restore it from a backup") == true)
            #expect(FileManager.default.contents(atPath: "\(path)/audit.key") == bytes)
        }
    }

    @Test("A key that cannot be read is refused, never replaced")
    func unreadableKey() throws {
        try Self.with { path in
            let data = try DataDirectory(path: path)
            try FileManager.default.createDirectory(atPath: "\(path)/audit.key", withIntermediateDirectories: false)
            let error = #expect(throws: DataDirectory.Failure.self) { _ = try data.chainKey() }
            #expect(error?.description == "\(path)/audit.key: Is a directory; restore it from a backup")
        }
    }
}
