// SPDX-License-Identifier: Apache-2.0

/// A regular expression that matches whole texts in time linear in their length, whatever the pattern: it comes from a
/// repository, and a backtracking engine could be made to hang by it.
///
/// Understands the part of Go's syntax that names need: literals, `.`, `[a-z]`, `[^a-z]`, `\d \w \s` and their
/// opposites, groups, `|`, `*`, `+`, `?`, `{m,n}`, and the anchors `^` and `$`.
struct Pattern: Sendable {
    struct SyntaxError: Error, Hashable {
        var message: String
    }

    private let program: [Instruction]

    fileprivate enum Instruction {
        case match
        case character(CharacterSet)
        case jump(Int)
        case split(Int, Int)
        case start
        case end
    }

    fileprivate struct CharacterSet {
        var ranges: [ClosedRange<UInt32>]
        var isNegated = false

        static let everything = CharacterSet(ranges: [], isNegated: true)

        func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }
    }

    /// Matches every text.
    static let everything = Pattern(program: [.split(1, 3), .character(.everything), .jump(0), .match])

    private init(program: [Instruction]) { self.program = program }

    init(_ text: String) throws(SyntaxError) {
        var parser = PatternParser(text)
        let tree = try parser.whole()
        var program: [Instruction] = []
        try Self.compile(tree, into: &program)
        program.append(.match)
        self.program = program
    }

    /// True when the pattern matches the text from start to end.
    func matches(_ text: String) -> Bool {
        let scalars = text.unicodeScalars.map(\.value)
        var current: [Int] = []
        var marked = [Bool](repeating: false, count: program.count)
        follow(0, at: 0, of: scalars.count, &current, &marked)
        for (index, scalar) in scalars.enumerated() {
            var next: [Int] = []
            marked = [Bool](repeating: false, count: program.count)
            for place in current {
                guard case .character(let set) = program[place], set.contains(scalar) else { continue }
                follow(place + 1, at: index + 1, of: scalars.count, &next, &marked)
            }
            current = next
            if current.isEmpty { return false }
        }
        return current.contains { if case .match = program[$0] { true } else { false } }
    }

    /// Adds an instruction, or those that it leads to without reading.
    private func follow(_ first: Int, at position: Int, of count: Int, _ list: inout [Int], _ marked: inout [Bool]) {
        var pending = [first]
        while let place = pending.popLast() {
            guard !marked[place] else { continue }
            marked[place] = true
            switch program[place] {
            case .jump(let target): pending.append(target)
            case .split(let left, let right): pending.append(contentsOf: [right, left])
            case .start: if position == 0 { pending.append(place + 1) }
            case .end: if position == count { pending.append(place + 1) }
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

private indirect enum PatternTree {
    case empty
    case start
    case end
    case character(Pattern.CharacterSet)
    case sequence([PatternTree])
    case alternatives(PatternTree, PatternTree)
    case repetition(PatternTree, minimum: Int, maximum: Int?)
}

/// Recursive descent over the pattern's scalars.
private struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    mutating func whole() throws(Pattern.SyntaxError) -> PatternTree {
        guard scalars.count <= 1_024 else { throw .init(message: "the pattern is longer than 1024 characters") }
        let tree = try alternatives()
        guard next == nil else { throw .init(message: "unmatched ) at character \(position + 1)") }
        return tree
    }

    private mutating func alternatives() throws(Pattern.SyntaxError) -> PatternTree {
        var tree = try sequence()
        while take("|") { tree = .alternatives(tree, try sequence()) }
        return tree
    }

    private mutating func sequence() throws(Pattern.SyntaxError) -> PatternTree {
        var parts: [PatternTree] = []
        while let scalar = next, scalar != "|", scalar != ")" { parts.append(try repeated()) }
        return parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repeated() throws(Pattern.SyntaxError) -> PatternTree {
        var tree = try atom()
        while true {
            if take("*") {
                tree = .repetition(tree, minimum: 0, maximum: nil)
            } else if take("+") {
                tree = .repetition(tree, minimum: 1, maximum: nil)
            } else if take("?") {
                tree = .repetition(tree, minimum: 0, maximum: 1)
            } else if next == "{", let bounds = try bounds() {
                tree = .repetition(tree, minimum: bounds.minimum, maximum: bounds.maximum)
            } else {
                return tree
            }
        }
    }

    /// `{2}`, `{2,}` or `{2,5}`; anything else in braces is literal, as in Go.
    private mutating func bounds() throws(Pattern.SyntaxError) -> (minimum: Int, maximum: Int?)? {
        guard let close = scalars[position...].firstIndex(of: "}") else { return nil }
        let text = String(String.UnicodeScalarView(scalars[(position + 1)..<close]))
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= 2, let minimum = Int(parts[0]), minimum >= 0 else { return nil }
        var maximum: Int? = minimum
        if parts.count == 2 { maximum = parts[1].isEmpty ? nil : Int(parts[1]) ?? -1 }
        if let maximum, maximum < minimum || maximum > 1_000 { throw .init(message: "impossible repetition {\(text)}") }
        guard minimum <= 1_000 else { throw .init(message: "impossible repetition {\(text)}") }
        position = close + 1
        return (minimum, maximum)
    }

    private mutating func atom() throws(Pattern.SyntaxError) -> PatternTree {
        guard let scalar = next else { return .empty }
        position += 1
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return .character(.init(ranges: [0x0A...0x0A], isNegated: true))
        case "(": return try group()
        case "[": return .character(try characterClass())
        case "\\": return .character(try escaped())
        case "*", "+", "?": throw .init(message: "\(scalar) repeats nothing at character \(position)")
        default: return .character(.init(ranges: [scalar.value...scalar.value]))
        }
    }

    private mutating func group() throws(Pattern.SyntaxError) -> PatternTree {
        depth += 1
        guard depth <= 50 else { throw .init(message: "groups are nested deeper than 50") }
        if take("?") {
            guard take(":") else { throw .init(message: "this kind of group is not supported") }
        }
        let tree = try alternatives()
        guard take(")") else { throw .init(message: "missing )") }
        depth -= 1
        return tree
    }

    private mutating func escaped() throws(Pattern.SyntaxError) -> Pattern.CharacterSet {
        guard let scalar = next else { throw .init(message: "trailing backslash") }
        position += 1
        let digits: [ClosedRange<UInt32>] = [0x30...0x39]
        let word: [ClosedRange<UInt32>] = digits + [0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
        let space: [ClosedRange<UInt32>] = [0x09...0x0A, 0x0C...0x0D, 0x20...0x20]
        switch scalar {
        case "d": return .init(ranges: digits)
        case "D": return .init(ranges: digits, isNegated: true)
        case "w": return .init(ranges: word)
        case "W": return .init(ranges: word, isNegated: true)
        case "s": return .init(ranges: space)
        case "S": return .init(ranges: space, isNegated: true)
        default:
            let isLetterOrDigit = scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            guard !isLetterOrDigit else { throw .init(message: "\\\(scalar) is not supported") }
            return .init(ranges: [scalar.value...scalar.value])
        }
    }

    private mutating func characterClass() throws(Pattern.SyntaxError) -> Pattern.CharacterSet {
        var set = Pattern.CharacterSet(ranges: [], isNegated: take("^"))
        var isFirst = true
        while let scalar = next, scalar != "]" || isFirst {
            isFirst = false
            position += 1
            if scalar == "\\" {
                let escaped = try escaped()
                guard !escaped.isNegated else {
                    throw .init(message: "a negated class within a class is not supported")
                }
                set.ranges += escaped.ranges
            } else if next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
                let last = scalars[position + 1]
                guard scalar <= last else { throw .init(message: "impossible range \(scalar)-\(last)") }
                set.ranges.append(scalar.value...last.value)
                position += 2
            } else {
                set.ranges.append(scalar.value...scalar.value)
            }
        }
        guard take("]") else { throw .init(message: "missing ]") }
        return set
    }
}
