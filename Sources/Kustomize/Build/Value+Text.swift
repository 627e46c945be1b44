// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Value {
    /// What a plain scalar means to kustomize.
    init(plainScalar text: String) {
        switch YAML.plainScalar(text, dialect: .kustomize) {
        case let value?: self = value
        case nil: self = .string(text)
        }
    }
}

extension String {
    /// Without blanks at both ends.
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace ?? false { text = text.dropFirst() }
        while text.last?.isWhitespace ?? false { text = text.dropLast() }
        return String(text)
    }
}

extension Object {
    /// With every value as the text that kustomize makes of a label, an annotation or an entry of `data`: of a scalar its
    /// spelling, of a list or a map nothing.
    var withScalarTexts: Object { Object(pairs.map { ($0.key, .string($0.value.scalarText ?? "")) }) }
}
