// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A place in an object: its path as messages name it, and what stands there, if anything does.
struct Field: Sendable {
    let path: String
    let value: Value?

    init(_ path: String, _ value: Value?) {
        self.path = path
        self.value = value
    }

    subscript(name: String) -> Field { Field(path.isEmpty ? name : "\(path).\(name)", value?[name]) }

    /// The entry of a map: `data[key]`.
    func entry(_ key: String) -> Field { Field("\(path)[\(key)]", value?[key]) }

    func item(_ index: Int) -> Field { Field("\(path)[\(index)]", value?[index]) }

    /// The items of a list; none when it is missing.
    var items: [Field] { (value?.array ?? []).enumerated().map { Field("\(path)[\($0.offset)]", $0.element) } }

    /// The entries of a map by key. The server takes them in no particular order.
    var entries: [(key: String, field: Field)] {
        (value?.object?.pairs ?? []).sorted { $0.key < $1.key }.map { ($0.key, Field("\(path)[\($0.key)]", $0.value)) }
    }

    /// A missing text is empty, as in the server's types.
    var string: String { value?.string ?? "" }
    var integer: Int64? { value?.integer }
    var quantity: Quantity? { value?.quantity }
    var isSet: Bool { value != nil && value?.isNull == false }
    var count: Int { value?.array?.count ?? value?.object?.count ?? 0 }
}

extension Value {
    /// A quantity in any of the notations that the server takes.
    var quantity: Quantity? {
        switch self {
        case .string(let text): Quantity(text)
        case .integer(let number): Quantity(String(number))
        case .number(let text): Quantity(text)
        default: nil
        }
    }
}
