// SPDX-License-Identifier: Apache-2.0

extension Pattern {
    /// The characters that one place of a pattern takes.
    struct CharacterSet {
        var ranges: [ClosedRange<UInt32>] = []
        /// Sets within: a class of Unicode, or `\D` within brackets.
        var parts: [CharacterSet] = []
        var categories: [Unicode.GeneralCategory] = []
        var isNegated = false
        var ignoresCase = false

        static let everything = CharacterSet(isNegated: true)
        static let digits = CharacterSet(ranges: [0x30...0x39])
        static let word = CharacterSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
        static let space = CharacterSet(ranges: [0x09...0x0A, 0x0C...0x0D, 0x20...0x20])

        var negated: CharacterSet {
            var other = self
            other.isNegated.toggle()
            return other
        }

        func contains(_ scalar: UInt32) -> Bool {
            guard ignoresCase, let letter = Unicode.Scalar(scalar) else { return holds(scalar) != isNegated }
            let forms = [letter.properties.lowercaseMapping, letter.properties.uppercaseMapping]
                .filter { $0.unicodeScalars.count == 1 }.flatMap { $0.unicodeScalars.map(\.value) }
            return (holds(scalar) || forms.contains(where: holds)) != isNegated
        }

        private func holds(_ scalar: UInt32) -> Bool {
            if ranges.contains(where: { $0.contains(scalar) }) || parts.contains(where: { $0.contains(scalar) }) {
                return true
            }
            guard !categories.isEmpty, let scalar = Unicode.Scalar(scalar) else { return false }
            return categories.contains(scalar.properties.generalCategory)
        }

        /// The inside of `[[:alpha:]]`.
        static func posix(_ name: String) -> CharacterSet? {
            switch name {
            case "alnum": CharacterSet(ranges: [0x30...0x39, 0x41...0x5A, 0x61...0x7A])
            case "alpha": CharacterSet(ranges: [0x41...0x5A, 0x61...0x7A])
            case "ascii": CharacterSet(ranges: [0x00...0x7F])
            case "blank": CharacterSet(ranges: [0x09...0x09, 0x20...0x20])
            case "cntrl": CharacterSet(ranges: [0x00...0x1F, 0x7F...0x7F])
            case "digit": digits
            case "graph": CharacterSet(ranges: [0x21...0x7E])
            case "lower": CharacterSet(ranges: [0x61...0x7A])
            case "print": CharacterSet(ranges: [0x20...0x7E])
            case "punct": CharacterSet(ranges: [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
            case "space": CharacterSet(ranges: [0x09...0x0D, 0x20...0x20])
            case "upper": CharacterSet(ranges: [0x41...0x5A])
            case "word": word
            case "xdigit": CharacterSet(ranges: [0x30...0x39, 0x41...0x46, 0x61...0x66])
            default: nil
            }
        }

        /// The general category that `\p{Lu}` or `\pL` names.
        static func category(_ name: String) -> CharacterSet? {
            if name == "Any" { return everything }
            let categories = categoriesByName.filter { $0.name.hasPrefix(name) && !name.isEmpty }.map(\.category)
            return categories.isEmpty ? nil : CharacterSet(categories: categories)
        }

        private static let categoriesByName: [(name: String, category: Unicode.GeneralCategory)] = [
            ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter), ("Lm", .modifierLetter),
            ("Lo", .otherLetter), ("Mn", .nonspacingMark), ("Mc", .spacingMark), ("Me", .enclosingMark),
            ("Nd", .decimalNumber), ("Nl", .letterNumber), ("No", .otherNumber), ("Pc", .connectorPunctuation),
            ("Pd", .dashPunctuation), ("Ps", .openPunctuation), ("Pe", .closePunctuation), ("Pi", .initialPunctuation),
            ("Pf", .finalPunctuation), ("Po", .otherPunctuation), ("Sm", .mathSymbol), ("Sc", .currencySymbol),
            ("Sk", .modifierSymbol), ("So", .otherSymbol), ("Zs", .spaceSeparator), ("Zl", .lineSeparator),
            ("Zp", .paragraphSeparator), ("Cc", .control), ("Cf", .format), ("Co", .privateUse), ("Cs", .surrogate),
        ]
    }
}
