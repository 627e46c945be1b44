// SPDX-License-Identifier: Apache-2.0

import CYAML

extension YAMLParser {
    private var scalarText: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: event.data.scalar.value, count: event.data.scalar.length)
    }

    private var scalarString: String { String(decoding: scalarText, as: UTF8.self) }

    private var isPlain: Bool { event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE }

    /// `<<` without quotes and without a tag that makes text of it.
    var isMergeKey: Bool {
        guard event.type == YAML_SCALAR_EVENT, isPlain, scalarText.elementsEqual("<<".utf8) else { return false }
        return scalarTag.map { $0 == "!!merge" } ?? true
    }

    /// The scalar's tag, in its short form.
    private var scalarTag: String? {
        guard let tag = event.data.scalar.tag.map({ String(cString: $0) }) else { return nil }
        let prefix = "tag:yaml.org,2002:"
        return tag.hasPrefix(prefix) ? "!!" + tag.dropFirst(prefix.count) : tag
    }

    /// The value of the current scalar.
    ///
    /// Tags of other applications are passed over and leave text, as all of Kubernetes' readers have it.
    func scalar() throws(YAMLError) -> Value {
        if role == .annotation, dialect != .kubectl {
            // In a patch null removes the annotation.
            let isRemoval = dialect == .kustomizePatch && isPlain && (try? plain()) == .null
            return isRemoval ? .null : .string(scalarString)
        }
        guard let tag = scalarTag else {
            switch event.data.scalar.style {
            case YAML_PLAIN_SCALAR_STYLE: return try plain()
            case YAML_FOLDED_SCALAR_STYLE where dialect != .kubectl:
                return .string(YAMLFolding.rewritten(scalarString))
            default: return .string(scalarString)
            }
        }
        switch tag {
        // Kustomize forgets the tag that says no more than "text".
        case "!": return isPlain && dialect != .kubectl ? try plain() : .string(scalarString)
        case "!!timestamp":
            guard let time = YAMLTimestamp.normalized(scalarText) else { throw misfit(tag, .string("")) }
            return .string(dialect == .kubectl ? scalarString : time)
        case "!!binary": return try binary()
        case "!!null", "!!bool", "!!int", "!!float": break
        default: return .string(scalarString)
        }
        let value = try plain()
        switch (tag, value) {
        case ("!!null", .null), ("!!bool", .bool), ("!!float", .integer), ("!!float", .number): return value
        case ("!!int", .integer), ("!!int", .number):
            guard !YAMLScalar.isFloat(scalarText) else { throw error("the tag !!int does not fit this fraction") }
            return value
        default: throw misfit(tag, value)
        }
    }

    private func misfit(_ tag: String, _ value: Value) -> YAMLError {
        error("the tag \(tag) does not fit this \(value.typeName)")
    }

    private func binary() throws(YAMLError) -> Value {
        guard let bytes = Base64.decode(scalarString) else { throw error("the tag !!binary needs base64") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw error("these !!binary bytes are no UTF-8, and JSON holds nothing else; use a Secret or `binaryData`")
        }
        return .string(text)
    }

    private func plain() throws(YAMLError) -> Value {
        if event.data.scalar.length == 0, dialect == .kustomize, flowDepth > 0, scalarTag == nil {
            // Written again within braces or brackets, nothing becomes two quotes.
            return .string("")
        }
        switch YAMLScalar.resolve(scalarText, dialect) {
        case .value(let value): return value
        case .unrepresentable: throw error("\(scalarString) has no form in JSON; quote it to mean the text")
        }
    }

    /// Keys are strings. For kubectl, numbers and booleans become their text; kustomize fails at them.
    mutating func key() throws(YAMLError) -> String {
        guard event.type == YAML_SCALAR_EVENT else {
            guard event.type == YAML_ALIAS_EVENT else { throw collectionKey() }
            guard case .scalar(let value) = try alias(depth: 1).node.content else { throw collectionKey() }
            return try keyText(value)
        }
        role = .other
        if let anchor = anchorName() {
            let node = YAMLNode(content: .scalar(try scalar()), position: position)
            anchors[anchor] = Anchor(node: node, nodes: 1, text: event.data.scalar.length, height: 1)
        }
        let value = try scalar()
        guard case .string(let text) = value else { return try keyText(value) }
        if dialect != .kubectl, let tag = scalarTag, tag != "!", tag != "!!str" { throw nonTextKey("value with a tag") }
        if dialect != .kubectl, isPlain, YAMLTimestamp.normalized(scalarText) != nil { throw nonTextKey("time") }
        guard text.utf8.count > 15 else { return text }
        var hash: UInt32 = 2_166_136_261
        for byte in scalarText { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        let slot = Int(hash & 1023)
        if let known = internedKeys[slot], known.utf8.elementsEqual(text.utf8) { return known }
        internedKeys[slot] = text
        return text
    }

    private func collectionKey() -> YAMLError {
        let isTemplate = event.type == YAML_MAPPING_START_EVENT && flowDepth > 0
        return error(
            "a key must be text, not a collection"
                + (isTemplate ? "; {{ begins a template, and nothing fills in templates here" : ""))
    }

    private func nonTextKey(_ type: String) -> YAMLError { error("a \(type) cannot be a key; quote it") }

    private func keyText(_ value: Value) throws(YAMLError) -> String {
        switch value {
        case .string(let text): return text
        case .integer(let number) where dialect == .kubectl: return String(number)
        case .bool(let flag) where dialect == .kubectl: return flag ? "true" : "false"
        // sigs.k8s.io/yaml prints a float of 32 bits, and knows no integer over 63.
        case .number(let text) where dialect == .kubectl && UInt64(text) == nil:
            guard let number = Float(text).flatMap(YAMLNumber.init) else { throw nonTextKey("number") }
            return number.general
        default: throw nonTextKey(value.typeName)
        }
    }
}
