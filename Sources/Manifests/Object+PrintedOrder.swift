// SPDX-License-Identifier: Apache-2.0

extension Object {
    /// The same pairs at every depth in the order in which kubectl and kustomize print keys (go-yaml 2): numbers within
    /// keys count as numbers, so that `a9` stands before `a10`, and letters come after everything else.
    package var inPrintedOrder: Object {
        Object(
            uniqueKeysWithValues: pairs.map { Pair(key: $0.key, value: $0.value.inPrintedOrder) }.sorted {
                PrintedKey.precedes($0.key, $1.key)
            })
    }
}

extension Value {
    fileprivate var inPrintedOrder: Value {
        switch self {
        case .array(let elements): .array(elements.map(\.inPrintedOrder))
        case .object(let object): .object(object.inPrintedOrder)
        default: self
        }
    }
}

private enum PrintedKey {
    static func precedes(_ left: String, _ right: String) -> Bool {
        let left = Array(left.unicodeScalars)
        let right = Array(right.unicodeScalars)
        guard let place = zip(left, right).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset else {
            return left.count < right.count
        }
        let isLetter = (left[place].properties.isLetter, right[place].properties.isLetter)
        if isLetter.0 && isLetter.1 { return left[place].value < right[place].value }
        if isLetter.0 || isLetter.1 { return isLetter.1 }
        // A zero within a number that has begun weighs as a digit; before one it says nothing.
        var start: Int64 = 0
        if left[place] == "0" || right[place] == "0" {
            let before = left[..<place].reversed().prefix { $0.properties.numericType == .decimal }
            if before.contains(where: { $0 != "0" }) { start = 1 }
        }
        let numbers = (number(in: left, from: place, start), number(in: right, from: place, start))
        if numbers.0.value != numbers.1.value { return numbers.0.value < numbers.1.value }
        if numbers.0.end != numbers.1.end { return numbers.0.end < numbers.1.end }
        return left[place].value < right[place].value
    }

    private static func number(
        in key: [Unicode.Scalar], from place: Int, _ start: Int64
    ) -> (value: Int64, end: Int) {
        var value = start
        var end = place
        while end < key.count, key[end].properties.numericType == .decimal {
            value = value &* 10 &+ Int64(key[end].value) &- 0x30
            end += 1
        }
        return (value, end)
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isLetter: Bool {
        switch generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }
}
