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
    var repeated: [YAMLDocument.RepeatedKey] = []
    let bytes: UnsafeBufferPointer<UInt8>
    /// On the heap: libyaml keeps its address.
    let parser: UnsafeMutablePointer<yaml_parser_t>
    var event = yaml_event_t()
    private var nodes = 0
    /// Bytes of all scalars, each alias counted with all that it stands for.
    private var text = 0
    private var aliased = 0
    /// How many flow collections (`[…]`, `{…}`) are open.
    var flowDepth = 0
    /// What is read, as far as it matters to kustomize.
    var role = Role.object
    var anchors: [String: Anchor] = [:]
    /// Keys repeat in every object: sharing one string for each saves memory and time.
    var internedKeys = [String?](repeating: nil, count: 1024)

    /// Kustomize makes text of an object's own annotations, as they are written: `1.50`, `yes` and `~` too.
    enum Role {
        case object, metadata, annotations, annotation, items, other

        func role(of key: String) -> Role {
            switch self {
            case .object: key == "metadata" ? .metadata : key == "items" ? .items : .other
            case .metadata: key == "annotations" ? .annotations : .other
            case .annotations: .annotation
            case .annotation, .items, .other: .other
            }
        }
    }

    struct Anchor {
        /// Nil until its node is complete: an alias inside would contain itself.
        var node: YAMLNode?
        var nodes = 0
        var text = 0
        var height = 0
    }

    /// A node with what an alias to it costs.
    struct Built {
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
            role = .object
            try checkDirectives()
            let line = event.data.document_start.implicit == 0 ? position.line : nil
            try advance()
            if let line, dialect == .kubectl || !documents.isEmpty { try checkStart(line: line) }
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

    var position: YAMLNode.Position {
        YAMLNode.Position(line: event.start_mark.line + 1, column: event.start_mark.column + 1)
    }

    func error(_ message: String, at position: YAMLNode.Position? = nil) -> YAMLError {
        let place = position ?? self.position
        return YAMLError(file: file, line: place.line, column: place.column, message: message)
    }

    private mutating func count(_ added: Int, text bytes: Int = 0) throws(YAMLError) {
        nodes += added
        guard nodes <= limits.nodes else { throw error("more than \(limits.nodes) nodes with all aliases expanded") }
        text += bytes
        guard text <= limits.bytes else { throw error("more than \(limits.bytes) bytes with all aliases expanded") }
    }

    /// Reads the node that starts with the current event.
    private mutating func node(depth: Int) throws(YAMLError) -> Built {
        guard depth <= limits.depth else { throw error("nested deeper than \(limits.depth) levels") }
        if event.type == YAML_ALIAS_EVENT { return try alias(depth: depth) }
        let before = (nodes: nodes, text: text)
        try count(1, text: event.type == YAML_SCALAR_EVENT ? event.data.scalar.length : 0)
        let anchor = anchorName()
        if let anchor { anchors[anchor] = Anchor() }
        let built: Built
        switch event.type {
        case YAML_SCALAR_EVENT:
            built = Built(node: YAMLNode(content: .scalar(try scalar()), position: position), height: 1)
        case YAML_SEQUENCE_START_EVENT: built = try sequence(depth: depth)
        case YAML_MAPPING_START_EVENT: built = try mapping(depth: depth)
        default: throw error("expected a value")
        }
        if let anchor {
            anchors[anchor] = Anchor(
                node: built.node, nodes: nodes - before.nodes, text: text - before.text, height: built.height)
        }
        return built
    }

    func anchorName() -> String? {
        let name: UnsafeMutablePointer<yaml_char_t>? =
            switch event.type {
            case YAML_SCALAR_EVENT: event.data.scalar.anchor
            case YAML_SEQUENCE_START_EVENT: event.data.sequence_start.anchor
            case YAML_MAPPING_START_EVENT: event.data.mapping_start.anchor
            default: nil
            }
        return name.map { String(cString: $0) }
    }

    mutating func alias(depth: Int) throws(YAMLError) -> Built {
        let name = event.data.alias.anchor.map { String(cString: $0) } ?? ""
        guard let anchor = anchors[name] else { throw error("no anchor &\(name) stands before the alias *\(name)") }
        guard var node = anchor.node else { throw error("the anchor &\(name) contains itself") }
        guard depth + anchor.height - 1 <= limits.depth else {
            throw error("nested deeper than \(limits.depth) levels")
        }
        aliased += anchor.nodes
        guard aliased <= limits.aliasedNodes else {
            throw error("aliases stand for more than \(limits.aliasedNodes) nodes")
        }
        try count(anchor.nodes, text: anchor.text)
        node.position = position
        return Built(node: node, height: anchor.height)
    }

    private mutating func sequence(depth: Int) throws(YAMLError) -> Built {
        let start = position
        let isFlow = event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
        if isFlow { flowDepth += 1 }
        let isItems = role == .items
        var elements: [YAMLNode] = []
        var height = 0
        while true {
            try advance()
            if event.type == YAML_SEQUENCE_END_EVENT { break }
            role = isItems ? .object : .other
            let element = try node(depth: depth + 1)
            elements.append(element.node)
            height = max(height, element.height)
        }
        if isFlow { flowDepth -= 1 }
        return Built(node: YAMLNode(content: .sequence(elements), position: start), height: height + 1)
    }

    private mutating func mapping(depth: Int) throws(YAMLError) -> Built {
        let start = position
        let isFlow = event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
        if isFlow { flowDepth += 1 }
        let ownRole = role
        var map = YAMLMembers()
        var height = 0
        while true {
            try advance()
            if event.type == YAML_MAPPING_END_EVENT { break }
            try count(1)
            let keyPosition = position
            let isMerge = isMergeKey
            let key = isMerge ? "<<" : try key()
            let place = isMerge ? nil : map.place(of: key)
            let isRepeated = isMerge ? dialect != .kubectl && map.hasMerge : place.map(map.isOwn) ?? false
            guard !isRepeated || repeatedKeys == .lastWins else {
                throw error("the key \"\(key)\" stands twice in one map", at: keyPosition)
            }
            if isRepeated { repeated.append(YAMLDocument.RepeatedKey(key: key, line: keyPosition.line)) }
            try advance()
            role = ownRole.role(of: key)
            let value = try node(depth: depth + 1)
            height = max(height, value.height)
            if isMerge {
                map.merge(try mergeMembers(of: value.node), overrides: dialect == .kubectl)
            } else {
                map.set(YAMLNode.Member(key: key, keyPosition: keyPosition, node: value.node), at: place)
            }
        }
        if isFlow { flowDepth -= 1 }
        return Built(node: YAMLNode(content: .mapping(map.finished()), position: start), height: height + 1)
    }

    /// The members of a merged map or list of maps; of two with one key the first counts.
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
}
