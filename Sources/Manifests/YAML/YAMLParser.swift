// SPDX-License-Identifier: Apache-2.0

import CYAML

/// Builds documents from libyaml's events; see `YAML.documents`.
///
/// The caller keeps `bytes` alive while parsing and calls `close` once.
struct YAMLParser {
    let file: String
    let dialect: YAML.Dialect
    let limits: YAML.Limits
    private let repeatedKeys: YAML.RepeatedKeys
    private var repeated: [YAMLDocument.RepeatedKey] = []
    private let bytes: UnsafeBufferPointer<UInt8>
    /// On the heap: libyaml keeps its address.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var event = yaml_event_t()
    private var nodes = 0
    private var anchors: [String: Anchor] = [:]
    /// Keys repeat in every object: sharing one string for each saves memory and time.
    private var internedKeys = [String?](repeating: nil, count: 1024)

    private struct Anchor {
        /// Nil until its node is complete: an alias inside would contain itself.
        var node: YAMLNode?
        var nodes: Int
        var height: Int
    }

    /// A node with what an alias to it costs.
    private struct Built {
        var node: YAMLNode
        var height: Int
    }

    init(
        bytes: UnsafeBufferPointer<UInt8>, file: String, dialect: YAML.Dialect, limits: YAML.Limits,
        repeatedKeys: YAML.RepeatedKeys
    ) throws(YAMLError) {
        self.repeatedKeys = repeatedKeys
        self.bytes = bytes
        self.file = file
        self.dialect = dialect
        self.limits = limits
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw YAMLError(file: file, line: 1, column: 1, message: "out of memory")
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    mutating func close() {
        yaml_event_delete(&event)
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    mutating func stream() throws(YAMLError) -> [YAMLDocument] {
        var documents: [YAMLDocument] = []
        guard !bytes.isEmpty else { return documents }
        try advance()
        while true {
            try advance()
            guard event.type == YAML_DOCUMENT_START_EVENT else { return documents }
            guard documents.count < limits.documents else {
                throw error("more than \(limits.documents) documents in one file")
            }
            anchors.removeAll(keepingCapacity: true)
            try advance()
            let root = try node(depth: 1).node
            var document = YAMLDocument(node: root, index: documents.count + 1, line: root.position.line)
            document.repeatedKeys = repeated
            repeated = []
            documents.append(document)
            try advance()
        }
    }

    private mutating func advance() throws(YAMLError) {
        yaml_event_delete(&event)
        guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    }

    private var position: YAMLNode.Position {
        YAMLNode.Position(line: event.start_mark.line + 1, column: event.start_mark.column + 1)
    }

    private func error(_ message: String, at position: YAMLNode.Position? = nil) -> YAMLError {
        let place = position ?? self.position
        return YAMLError(file: file, line: place.line, column: place.column, message: message)
    }

    private mutating func count(_ added: Int) throws(YAMLError) {
        nodes += added
        guard nodes <= limits.nodes else { throw error("more than \(limits.nodes) nodes with all aliases expanded") }
    }

    /// Reads the node that starts with the current event.
    private mutating func node(depth: Int) throws(YAMLError) -> Built {
        guard depth <= limits.depth else { throw error("nested deeper than \(limits.depth) levels") }
        if event.type == YAML_ALIAS_EVENT { return try alias(depth: depth) }
        let before = nodes
        try count(1)
        let anchor = anchorName()
        if let anchor { anchors[anchor] = Anchor(node: nil, nodes: 0, height: 0) }
        let built: Built
        switch event.type {
        case YAML_SCALAR_EVENT:
            built = Built(node: YAMLNode(content: .scalar(try scalar()), position: position), height: 1)
        case YAML_SEQUENCE_START_EVENT: built = try sequence(depth: depth)
        case YAML_MAPPING_START_EVENT: built = try mapping(depth: depth)
        default: throw error("expected a value")
        }
        if let anchor { anchors[anchor] = Anchor(node: built.node, nodes: nodes - before, height: built.height) }
        return built
    }

    private func anchorName() -> String? {
        let name: UnsafeMutablePointer<yaml_char_t>? =
            switch event.type {
            case YAML_SCALAR_EVENT: event.data.scalar.anchor
            case YAML_SEQUENCE_START_EVENT: event.data.sequence_start.anchor
            case YAML_MAPPING_START_EVENT: event.data.mapping_start.anchor
            default: nil
            }
        return name.map { String(cString: $0) }
    }

    private mutating func alias(depth: Int) throws(YAMLError) -> Built {
        let name = event.data.alias.anchor.map { String(cString: $0) } ?? ""
        guard let anchor = anchors[name] else { throw error("no anchor &\(name) stands before the alias *\(name)") }
        guard var node = anchor.node else { throw error("the anchor &\(name) contains itself") }
        guard depth + anchor.height - 1 <= limits.depth else {
            throw error("nested deeper than \(limits.depth) levels")
        }
        try count(anchor.nodes)
        node.position = position
        return Built(node: node, height: anchor.height)
    }

    private mutating func sequence(depth: Int) throws(YAMLError) -> Built {
        let start = position
        try checkTag(event.data.sequence_start.tag, is: "tag:yaml.org,2002:seq")
        var elements: [YAMLNode] = []
        var height = 0
        while true {
            try advance()
            if event.type == YAML_SEQUENCE_END_EVENT { break }
            let element = try node(depth: depth + 1)
            elements.append(element.node)
            height = max(height, element.height)
        }
        return Built(node: YAMLNode(content: .sequence(elements), position: start), height: height + 1)
    }

    private mutating func mapping(depth: Int) throws(YAMLError) -> Built {
        let start = position
        try checkTag(event.data.mapping_start.tag, is: "tag:yaml.org,2002:map")
        var members: [YAMLNode.Member] = []
        var merged: [YAMLNode.Member] = []
        var seen = KeySet()
        var height = 0
        while true {
            try advance()
            if event.type == YAML_MAPPING_END_EVENT { break }
            try count(1)
            let keyPosition = position
            let isMerge = isMergeKey
            let key = try key()
            let isNew = seen.insert(key, among: members)
            guard isNew || repeatedKeys == .lastWins else {
                throw error("the key \"\(key)\" stands twice in one map", at: keyPosition)
            }
            try advance()
            let value = try node(depth: depth + 1)
            height = max(height, value.height)
            if !isNew {
                repeated.append(YAMLDocument.RepeatedKey(key: key, line: keyPosition.line))
                if let index = members.firstIndex(where: { $0.key == key }) { members[index].node = value.node }
            } else if isMerge {
                merged += try mergeMembers(of: value.node)
            } else {
                members.append(YAMLNode.Member(key: key, keyPosition: keyPosition, node: value.node))
            }
        }
        // The map's own keys win over merged ones, and earlier merged maps over later ones (yaml.org/type/merge.html).
        for member in merged where seen.insert(member.key, among: members) { members.append(member) }
        return Built(node: YAMLNode(content: .mapping(members), position: start), height: height + 1)
    }

    private func mergeMembers(of node: YAMLNode) throws(YAMLError) -> [YAMLNode.Member] {
        switch node.content {
        case .mapping(let members): return members
        case .sequence(let nodes):
            var members: [YAMLNode.Member] = []
            for node in nodes {
                guard case .mapping(let more) = node.content else {
                    throw error("<< takes maps, but this is a \(node.typeName)", at: node.position)
                }
                members += more
            }
            return members
        case .scalar(let value):
            throw error("<< takes a map or a list of maps, but this is a \(value.typeName)", at: node.position)
        }
    }

    private func syntaxError() -> YAMLError {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "not valid YAML"
        if state.error == YAML_READER_ERROR {
            let place = position(ofByte: min(state.problem_offset, bytes.count))
            let message =
                problem.contains("control characters")
                ? "a control character is not allowed here" : "not UTF-8: \(problem)"
            return error(message, at: place)
        }
        let mark = state.problem_mark
        let place = YAMLNode.Position(line: mark.line + 1, column: mark.column + 1)
        if byte(at: place) == 0x09 {
            return error("a tab cannot stand here: indent with spaces", at: place)
        }
        let context = state.context.map { " \(String(cString: $0))" } ?? ""
        return error("not valid YAML: \(problem)\(context)", at: place)
    }

    /// The byte at a position; columns of libyaml count characters, so the line is walked.
    private func byte(at place: YAMLNode.Position) -> UInt8? {
        var line = 1
        var index = 0
        while line < place.line, index < bytes.count {
            if bytes[index] == 0x0A || (bytes[index] == 0x0D && (index + 1 == bytes.count || bytes[index + 1] != 0x0A))
            {
                line += 1
            }
            index += 1
        }
        var column = 1
        while index < bytes.count, column < place.column || bytes[index] & 0xC0 == 0x80 {
            if bytes[index] & 0xC0 != 0x80 { column += 1 }
            index += 1
        }
        return index < bytes.count ? bytes[index] : nil
    }

    private func position(ofByte offset: Int) -> YAMLNode.Position {
        var place = YAMLNode.Position(line: 1, column: 1)
        for byte in bytes[..<offset] {
            if byte == 0x0A {
                place = YAMLNode.Position(line: place.line + 1, column: 1)
            } else if byte & 0xC0 != 0x80 {
                place.column += 1
            }
        }
        return place
    }
}

extension YAMLParser {
    private var scalarText: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: event.data.scalar.value, count: event.data.scalar.length)
    }

    private var isPlain: Bool { event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE }

    private var isMergeKey: Bool {
        event.type == YAML_SCALAR_EVENT && isPlain && scalarText.elementsEqual("<<".utf8)
    }

    private func checkTag(_ tag: UnsafeMutablePointer<yaml_char_t>?, is expected: String) throws(YAMLError) {
        guard let tag = tag.map({ String(cString: $0) }), tag != "!", tag != expected else { return }
        throw error("the tag \(shortTag(tag)) is not supported")
    }

    private func shortTag(_ tag: String) -> String {
        let prefix = "tag:yaml.org,2002:"
        return tag.hasPrefix(prefix) ? "!!" + tag.dropFirst(prefix.count) : tag
    }

    private func scalar() throws(YAMLError) -> Value {
        guard let tag = event.data.scalar.tag.map({ shortTag(String(cString: $0)) }) else {
            return isPlain ? try plain() : .string(String(decoding: scalarText, as: UTF8.self))
        }
        let value: Value
        switch tag {
        case "!", "!!str": return .string(String(decoding: scalarText, as: UTF8.self))
        case "!!timestamp": value = .string(String(decoding: scalarText, as: UTF8.self))
        case "!!null", "!!bool", "!!int", "!!float": value = try plain()
        default: throw error("the tag \(tag) is not supported")
        }
        switch (tag, value) {
        case ("!!timestamp", _), ("!!null", .null), ("!!bool", .bool), ("!!int", .integer), ("!!float", .integer),
            ("!!int", .number), ("!!float", .number):
            return value
        default: throw error("the tag \(tag) does not fit this \(value.typeName)")
        }
    }

    private func plain() throws(YAMLError) -> Value {
        switch YAMLScalar.resolve(scalarText, dialect) {
        case .value(let value): return value
        case .unrepresentable:
            throw error("\(String(decoding: scalarText, as: UTF8.self)) has no form in JSON; quote it to mean the text")
        }
    }

    /// Keys are strings. As sigs.k8s.io/yaml does, whole numbers and booleans become their text.
    private mutating func key() throws(YAMLError) -> String {
        guard event.type == YAML_SCALAR_EVENT else {
            guard event.type == YAML_ALIAS_EVENT else { throw error("a key must be text, not a collection") }
            guard case .scalar(let value) = try alias(depth: 1).node.content else {
                throw error("a key must be text, not a collection")
            }
            return try keyText(value)
        }
        if let anchor = anchorName() {
            let node = YAMLNode(content: .scalar(try scalar()), position: position)
            anchors[anchor] = Anchor(node: node, nodes: 1, height: 1)
        }
        if isMergeKey { return "<<" }
        guard case .string(let text) = try scalar() else { return try keyText(try scalar()) }
        var hash: UInt32 = 2_166_136_261
        for byte in scalarText { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        let slot = Int(hash & 1023)
        if let known = internedKeys[slot], known.utf8.elementsEqual(text.utf8) { return known }
        internedKeys[slot] = text
        return text
    }

    private func keyText(_ value: Value) throws(YAMLError) -> String {
        switch value {
        case .string(let text): return text
        case .integer(let number): return String(number)
        case .bool(let flag): return flag ? "true" : "false"
        default: throw error("a \(value.typeName) cannot be a key; quote it")
        }
    }
}

/// Which keys a map has so far: compared in turn while there are few, by a set when there are many.
private struct KeySet {
    private var set: Set<String> = []
    private var hasMerge = false

    mutating func insert(_ key: String, among members: [YAMLNode.Member]) -> Bool {
        if key == "<<" {
            defer { hasMerge = true }
            return !hasMerge
        }
        if members.count < 16 { return !members.contains { $0.key == key } }
        if set.count < members.count { set = Set(members.map(\.key)) }
        return set.insert(key).inserted
    }
}
