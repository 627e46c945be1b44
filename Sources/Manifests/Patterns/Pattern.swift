// SPDX-License-Identifier: Apache-2.0

/// A regular expression that matches whole texts in time linear in their length, whatever the pattern: it comes from a
/// repository, and a backtracking engine could be made to hang by it.
///
/// Understands Go's syntax (RE2: https://golang.org/s/re2syntax) but for the names of scripts in `\p{Greek}`; whether a
/// repetition is greedy does not matter to whole texts.
package struct Pattern: Sendable {
    package struct SyntaxError: Error, Hashable {
        package var message: String
    }

    private let program: [Instruction]
    /// The one text that it matches, where it is made of plain characters as nearly every pattern is.
    private let literal: String?

    enum Instruction {
        case match
        case character(CharacterSet)
        case jump(Int)
        case split(Int, Int)
        case start
        case end
        /// Between a letter, digit or underscore and anything else; or not there.
        case boundary(Bool)
    }

    /// Matches every text.
    package static let everything = Pattern(program: [.split(1, 3), .character(.everything), .jump(0), .match])

    private init(program: [Instruction]) {
        self.program = program
        literal = nil
    }

    package init(_ text: String) throws(SyntaxError) {
        var parser = PatternParser(text)
        let tree = try parser.whole()
        var program: [Instruction] = []
        try Self.compile(tree, into: &program)
        program.append(.match)
        self.program = program
        literal = text.utf8.allSatisfy(Self.isPlain) ? text : nil
    }

    /// Matches texts that hold the pattern anywhere.
    package init(anywhere text: String) throws(SyntaxError) {
        // On its own first, so that a mistake is told as it stands.
        _ = try Pattern(text)
        try self.init("(?s:.*)(?:\(text))(?s:.*)")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// True when the pattern matches the text from start to end.
    package func matches(_ text: String) -> Bool {
        // Strings are equal where Unicode takes them for the same, which their bytes need not be.
        if let literal { return literal.utf8.elementsEqual(text.utf8) }
        let scalars = text.unicodeScalars.map(\.value)
        var current: [Int] = []
        var marked = [Bool](repeating: false, count: program.count)
        follow(0, at: 0, in: scalars, &current, &marked)
        for (index, scalar) in scalars.enumerated() {
            var next: [Int] = []
            marked = [Bool](repeating: false, count: program.count)
            for place in current {
                guard case .character(let set) = program[place], set.contains(scalar) else { continue }
                follow(place + 1, at: index + 1, in: scalars, &next, &marked)
            }
            current = next
            if current.isEmpty { return false }
        }
        return current.contains { if case .match = program[$0] { true } else { false } }
    }

    /// Adds an instruction, or those that it leads to without reading.
    private func follow(
        _ first: Int, at position: Int, in scalars: [UInt32], _ list: inout [Int], _ marked: inout [Bool]
    ) {
        var pending = [first]
        while let place = pending.popLast() {
            guard !marked[place] else { continue }
            marked[place] = true
            switch program[place] {
            case .jump(let target): pending.append(target)
            case .split(let left, let right): pending.append(contentsOf: [right, left])
            case .start: if position == 0 { pending.append(place + 1) }
            case .end: if position == scalars.count { pending.append(place + 1) }
            case .boundary(let isThere):
                let before = position > 0 && CharacterSet.word.contains(scalars[position - 1])
                let after = position < scalars.count && CharacterSet.word.contains(scalars[position])
                if (before != after) == isThere { pending.append(place + 1) }
            case .character, .match: list.append(place)
            }
        }
    }

    private static let maximumProgram = 4_096

    private static func compile(_ tree: PatternTree, into program: inout [Instruction]) throws(SyntaxError) {
        guard program.count < maximumProgram else { throw SyntaxError(message: "the pattern is too large") }
        switch tree {
        case .empty: program.append(.jump(program.count + 1))  // Counts, or repetitions of nothing would be free.
        case .start: program.append(.start)
        case .end: program.append(.end)
        case .boundary(let isThere): program.append(.boundary(isThere))
        case .character(let set): program.append(.character(set))
        case .sequence(let parts): for part in parts { try compile(part, into: &program) }
        case .alternatives(let left, let right):
            let split = program.count
            program.append(.match)
            try compile(left, into: &program)
            let jump = program.count
            program.append(.match)
            program[split] = .split(split + 1, program.count)
            try compile(right, into: &program)
            program[jump] = .jump(program.count)
        case .repetition(let part, let minimum, let maximum):
            for _ in 0..<minimum { try compile(part, into: &program) }
            if let maximum {
                for _ in minimum..<max(minimum, maximum) { try compileOptional(part, into: &program) }
            } else {
                let split = program.count
                program.append(.match)
                try compile(part, into: &program)
                program.append(.jump(split))
                program[split] = .split(split + 1, program.count)
            }
        }
    }

    private static func compileOptional(
        _ part: PatternTree, into program: inout [Instruction]
    ) throws(SyntaxError) {
        let split = program.count
        program.append(.match)
        try compile(part, into: &program)
        program[split] = .split(split + 1, program.count)
    }
}
