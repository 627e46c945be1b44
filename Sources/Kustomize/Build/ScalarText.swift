// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Value {
    /// What a label, an annotation or an entry of `data` becomes where kustomize takes it for text: numbers and booleans
    /// their spelling, maps and lists nothing.
    var scalarText: String {
        switch self {
        case .string(let text): text
        case .array, .object: ""
        default: JSON.text(self)
        }
    }
}

extension Object {
    /// With every value as text.
    var withScalarTexts: Object { Object(pairs.map { ($0.key, .string($0.value.scalarText)) }) }
}
