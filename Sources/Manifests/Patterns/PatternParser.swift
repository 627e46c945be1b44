// SPDX-License-Identifier: Apache-2.0

indirect enum PatternTree {
    case empty
    case start
    case end
    case boundary(Bool)
    case character(Pattern.CharacterSet)
    case sequence([PatternTree])
    case alternatives(PatternTree, PatternTree)
    case repetition(PatternTree, minimum: Int, maximum: Int?)
}

/// Recursive descent over a pattern's scalars.
struct PatternParser {
    var scalars: [Unicode.Scalar]
    var position = 0
    private var depth = 0
    private(set) var flags = Flags()
    /// Between `\Q` and `\E`, where nothing has a meaning.
    private var isQuoted = false

    struct Flags {
        /// `i`
        var ignoresCase = false
        /// `s`: a dot takes a line break too.
        var dotTakesAll = false
    }

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    mutating func take(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    mutating func whole() throws(Pattern.SyntaxError) -> PatternTree {
        guard scalars.count <= 1_024 else { throw .init(message: "the pattern is longer than 1024 characters") }
        let tree = try alternatives()
        guard next == nil else { throw .init(message: "unmatched ) at character \(position + 1)") }
        return tree
    }

    private mutating func alternatives() throws(Pattern.SyntaxError) -> PatternTree {
        // Flags set within a group end with it.
        let outer = flags
        defer { flags = outer }
        var tree = try sequence()
        while take("|") { tree = .alternatives(tree, try sequence()) }
        return tree
    }

    private mutating func sequence() throws(Pattern.SyntaxError) -> PatternTree {
        var parts: [PatternTree] = []
        while let scalar = next, isQuoted || scalar != "|" && scalar != ")" { parts.append(try repeated()) }
        return parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repeated() throws(Pattern.SyntaxError) -> PatternTree {
        let tree = try atom()
        guard let bounds = try repetition() else { return tree }
        // Lazy or greedy: the same whole texts match.
        _ = take("?")
        let start = position
        guard try repetition() == nil else {
            throw .init(message: "a repetition is repeated at character \(start + 1)")
        }
        return .repetition(tree, minimum: bounds.minimum, maximum: bounds.maximum)
    }

    private mutating func repetition() throws(Pattern.SyntaxError) -> (minimum: Int, maximum: Int?)? {
        if isQuoted {
            guard take("\\E") else { return nil }
            isQuoted = false
        }
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        return next == "{" ? try bounds() : nil
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
        if isQuoted, take("\\E") {
            isQuoted = false
            return .empty
        }
        guard let scalar = next else { return .empty }
        position += 1
        if isQuoted { return .character(literal(scalar)) }
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return .character(flags.dotTakesAll ? .everything : .init(ranges: [0x0A...0x0A], isNegated: true))
        case "(": return try group()
        case "[": return .character(cased(try characterClass()))
        case "\\": return try escapedAtom()
        case "*", "+", "?": throw .init(message: "\(scalar) repeats nothing at character \(position)")
        default: return .character(literal(scalar))
        }
    }

    private func literal(_ scalar: Unicode.Scalar) -> Pattern.CharacterSet {
        cased(.init(ranges: [scalar.value...scalar.value]))
    }

    private func cased(_ set: Pattern.CharacterSet) -> Pattern.CharacterSet {
        var set = set
        set.ignoresCase = flags.ignoresCase
        return set
    }

    private mutating func group() throws(Pattern.SyntaxError) -> PatternTree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 50 else { throw .init(message: "groups are nested deeper than 50") }
        let outer = flags
        if take("?") {
            if take("P<") || take("<") {
                guard let end = scalars[position...].firstIndex(of: ">"), end > position,
                    scalars[position..<end].allSatisfy({ Pattern.CharacterSet.word.contains($0.value) })
                else { throw .init(message: "a group's name is letters, digits and underscores within < and >") }
                position = end + 1
            } else if try !takeFlags() {
                return .empty  // `(?i)`: from here to the end of the group around it.
            }
        }
        let tree = try alternatives()
        guard take(")") else { throw .init(message: "missing )") }
        flags = outer
        return tree
    }

    /// The letters after `(?`.
    ///
    /// - Returns: true where a group follows (`(?i:`), false where that was all (`(?i)`).
    private mutating func takeFlags() throws(Pattern.SyntaxError) -> Bool {
        var isSet = true
        while let scalar = next {
            position += 1
            switch scalar {
            case "i": flags.ignoresCase = isSet
            case "s": flags.dotTakesAll = isSet
            case "m", "U": continue  // Lines and greed do not matter to whole names.
            case "-" where isSet: isSet = false
            case ":": return true
            case ")": return false
            default: throw .init(message: "this kind of group is not supported")
            }
        }
        throw .init(message: "missing )")
    }

    private mutating func escapedAtom() throws(Pattern.SyntaxError) -> PatternTree {
        if take("A") { return .start }
        if take("z") { return .end }
        if take("b") { return .boundary(true) }
        if take("B") { return .boundary(false) }
        guard take("Q") else { return .character(cased(try escaped())) }
        isQuoted = true
        return try atom()
    }
}
