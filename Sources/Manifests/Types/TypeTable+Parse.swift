// SPDX-License-Identifier: Apache-2.0

/// The notation of `TypeTable+Data.swift`: a line with a type's name, `in=` and the API version for each in which it is
/// a kind, and `atomic`; below it, indented, its fields with `;` between them. A field is its name (`*` for required),
/// its shape, and words: `atomic`, `set` or `map=KEYS` for a list under server-side apply (`atomic` for a map too),
/// `merge` or `merge=KEY`, `replace`, `retainKeys` for a strategic merge patch. A shape is a letter (below) or a type's
/// name, behind `[]` for a list of it and `{}` for a map.
extension TypeTable {
    init(parsing text: String) {
        var types: [ObjectType] = []
        for line in text.split(separator: "\n") {
            if line.first == " " {
                guard let last = types.indices.last else { continue }
                types[last].fields += line.split(separator: ";").compactMap(Self.field)
            } else {
                types.append(Self.type(line))
            }
        }
        for index in types.indices { types[index].fields.sort { $0.name < $1.name } }
        self.init(types: types)
    }

    private static func type(_ line: Substring) -> ObjectType {
        let words = line.split(separator: " ").map(String.init)
        let name = words.first ?? ""
        let kind = name.split(separator: ".").last.map(String.init) ?? ""
        let kinds = words.filter { $0.hasPrefix("in=") }.map {
            GroupVersionKind(apiVersion: String($0.dropFirst(3)), kind: kind)
        }
        return ObjectType(name: name, kinds: kinds, isAtomic: words.contains("atomic"), fields: [])
    }

    private static func field(_ text: Substring) -> ObjectType.Field? {
        let words = text.split(separator: " ")
        guard words.count >= 2 else { return nil }
        let isRequired = words[0].hasPrefix("*")
        let shape = shape(words[1])
        var field = ObjectType.Field(
            name: String(isRequired ? words[0].dropFirst() : words[0]), shape: shape, isRequired: isRequired,
            listType: nil, isAtomicMap: false, patchStrategy: [], patchMergeKey: nil)
        for word in words.dropFirst(2) {
            let parts = word.split(separator: "=")
            switch (parts[0], parts.count) {
            case ("atomic", _):
                if case .list = shape { field.listType = .atomic } else { field.isAtomicMap = true }
            case ("set", _): field.listType = .set
            case ("map", 2): field.listType = .map(keys: parts[1].split(separator: ",").map(String.init))
            case ("merge", let count):
                field.patchStrategy.insert(.merge)
                if count == 2 { field.patchMergeKey = String(parts[1]) }
            case ("replace", _): field.patchStrategy.insert(.replace)
            case ("retainKeys", _): field.patchStrategy.insert(.retainKeys)
            default: break
            }
        }
        return field
    }

    private static func shape(_ text: Substring) -> ObjectType.Shape {
        if text.hasPrefix("[]") { return .list(shape(text.dropFirst(2))) }
        if text.hasPrefix("{}") { return .map(shape(text.dropFirst(2))) }
        return switch text {
        case "s": .string
        case "y": .bytes
        case "b": .boolean
        case "i": .int32
        case "l": .int64
        case "d": .double
        case "q": .quantity
        case "t": .time
        case "u": .microTime
        case "x": .intOrString
        case "o": .freeObject
        case "a": .any
        default: .type(String(text))
        }
    }
}
