// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Kubernetes

@Suite struct LineSplitterTests {
    private func lines(_ pieces: [String], limit: Int = 100) throws -> [String] {
        var splitter = LineSplitter(limit: limit)
        var found: [String] = []
        for piece in pieces {
            splitter.append(Array(piece.utf8))
            while let line = try splitter.next() { found.append(String(decoding: line, as: UTF8.self)) }
        }
        return found
    }

    @Test("whole lines come out, empty ones and an unfinished rest do not")
    func split() throws {
        #expect(try lines(["a\nbc", "d\n\n", "e"]) == ["a", "bcd"])
        #expect(try lines(["\n\n"]).isEmpty)
    }

    @Test("a line is too long once it is, finished or not")
    func limit() throws {
        #expect(try lines(["aaaa\n"], limit: 4) == ["aaaa"])
        #expect(throws: LineSplitter.LineTooLong.self) { try lines(["aaaaa\n"], limit: 4) }
        #expect(throws: LineSplitter.LineTooLong.self) { try lines(["aa", "aaa"], limit: 4) }
    }
}
