// SPDX-License-Identifier: Apache-2.0

/// A part of an expression, and where it stands: its operator, dot or bracket, as messages point to it.
struct ExpressionNode: Sendable {
    indirect enum Kind: Sendable {
        case literal(ExpressionValue)
        case identifier(String)
        case select(ExpressionNode, String, isOptional: Bool)
        /// `has(a.b)`
        case presence(ExpressionNode, String)
        case index(ExpressionNode, ExpressionNode, isOptional: Bool)
        /// A function, by its qualified name.
        case call(String, [ExpressionNode])
        case member(ExpressionNode, String, [ExpressionNode])
        case list([ExpressionNode])
        case map([(key: ExpressionNode, value: ExpressionNode)])
        case not(ExpressionNode)
        case negative(ExpressionNode)
        case binary(Operator, ExpressionNode, ExpressionNode)
        case conditional(ExpressionNode, ExpressionNode, ExpressionNode)
        case comprehension(Comprehension)
    }

    enum Operator: String, Sendable {
        case or = "||"
        case and = "&&"
        case equal = "=="
        case unequal = "!="
        case less = "<"
        case atMost = "<="
        case greater = ">"
        case atLeast = ">="
        case within = "in"
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case remainder = "%"
    }

    /// A macro over the items of a list or the keys of a map.
    struct Comprehension: Sendable {
        enum Macro: String, Sendable {
            case all
            case exists
            case existsOne = "exists_one"
            case map
            case filter
        }

        var macro: Macro
        var range: ExpressionNode
        /// One name; or two, for index and item, or for key and value.
        var variables: [String]
        /// What is asked of each item; of `map`, whether it is taken.
        var predicate: ExpressionNode?
        var transform: ExpressionNode?
    }

    var kind: Kind
    var position: Int
}
