// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning

/// What is drawn of an order: objects in waves, and the edges between them with their reasons.
struct OrderPicture {
    struct Node {
        var id: ObjectID
        var target: TargetID
        /// From 0; what is in one wave goes side by side.
        var wave: Int
    }

    private(set) var nodes: [Node] = []
    /// Sorted; from the dependent to what it waits for.
    private(set) var edges: [OrderEdge] = []
    private(set) var dropped: [DroppedEdge] = []
    /// Those of them that have two ends.
    private var drawnDrops: [DroppedEdge] { dropped.filter { !$0.isUnknown } }
    private(set) var numbers: [ObjectID: Int] = [:]

    /// - Parameter shown: the applications that are asked for; what they wait for elsewhere, and what waits for them, is
    ///   drawn too. Nil: all.
    init(_ graph: OrderGraph, targets: [ObjectID: TargetID], shown: Set<TargetID>?) {
        func isShown(_ id: ObjectID) -> Bool { targets[id].map { shown?.contains($0) ?? true } ?? false }
        edges = graph.edges.filter { isShown($0.from) || isShown($0.to) }
        dropped = graph.droppedEdges.filter { isShown($0.edge.from) || isShown($0.edge.to) }
        let ends = Set(edges.flatMap { [$0.from, $0.to] } + dropped.flatMap { [$0.edge.from, $0.edge.to] })
        var wave = 0
        for ids in graph.order {
            let drawn = ids.filter { isShown($0) || ends.contains($0) }
            for id in drawn {
                numbers[id] = nodes.count
                nodes.append(
                    Node(id: id, target: targets[id] ?? TargetID(application: "", environment: ""), wave: wave))
            }
            if !drawn.isEmpty { wave += 1 }
        }
    }

    var waveCount: Int { (nodes.last?.wave ?? -1) + 1 }

    /// `5 objects in 3 waves, 7 dependencies`.
    var summary: String {
        func counted(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }
        return counted(nodes.count, "object", "objects") + " in " + counted(waveCount, "wave", "waves") + ", "
            + counted(edges.count, "dependency", "dependencies")
    }

    func number(of id: ObjectID) -> Int { numbers[id] ?? 0 }

    // MARK: Text

    var text: String {
        let waiting = Dictionary(grouping: edges, by: \.from)
        let width = nodes.map { "\($0.id)".count }.max() ?? 0
        var lines = [summary]
        var wave = -1
        for node in nodes {
            if node.wave != wave { lines.append("") }
            let label = node.wave != wave ? "\(node.wave + 1)" : ""
            wave = node.wave
            lines.append("\(label.padded(to: 4))\("\(node.id)".padded(to: width))  \(node.target)")
            lines += (waiting[node.id] ?? []).map { "      after \($0.to) (\($0.kind.rawValue): \($0.reason))" }
        }
        if !dropped.isEmpty {
            lines += ["", "left out:"] + dropped.map { "  \($0.edge): \($0.reason)" }
        }
        return lines.map { $0.withoutControls + "\n" }.joined()
    }

    // MARK: Graphviz

    var dot: String {
        var lines = ["digraph order {", "  rankdir=LR;", "  node [shape=box, fontname=\"sans-serif\"];"]
        for (place, group) in groups.enumerated() {
            lines.append("  subgraph cluster_\(place) {")
            lines.append("    label=\(Self.quoted("\(group.target)"));")
            lines += group.nodes.map { "    n\(number(of: $0.id)) [label=\(Self.quoted("\($0.id)"))];" }
            lines.append("  }")
        }
        for edge in edges {
            lines.append(
                "  n\(number(of: edge.to)) -> n\(number(of: edge.from)) [label=\(Self.quoted(edge.reason)), "
                    + "class=\(edge.kind.rawValue), color=\(Self.quoted(edge.kind.colour)), "
                    + "style=\(edge.kind == .inferred ? "dashed" : "solid")];")
        }
        for drop in drawnDrops {
            lines.append(
                "  n\(number(of: drop.edge.to)) -> n\(number(of: drop.edge.from)) "
                    + "[label=\(Self.quoted("left out: \(drop.edge.reason)")), color=\"#cf222e\", style=dotted, "
                    + "constraint=false];")
        }
        return (lines + ["}", ""]).joined(separator: "\n")
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.withoutControls.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    var groups: [(target: TargetID, nodes: [Node])] {
        Dictionary(grouping: nodes, by: \.target).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    // MARK: Mermaid

    var mermaid: String {
        var lines = ["flowchart LR"]
        for (place, group) in groups.enumerated() {
            lines.append("  subgraph g\(place)[\(Self.entity("\(group.target)"))]")
            lines += group.nodes.map { "    n\(number(of: $0.id))[\(Self.entity("\($0.id)"))]" }
            lines.append("  end")
        }
        for edge in edges {
            let arrow = edge.kind == .inferred ? "-.->" : "-->"
            lines.append(
                "  n\(number(of: edge.to)) \(arrow)|\(Self.entity("\(edge.kind.rawValue): \(edge.reason)"))| "
                    + "n\(number(of: edge.from))")
        }
        for drop in drawnDrops {
            lines.append(
                "  n\(number(of: drop.edge.to)) -.-x|\(Self.entity("left out: \(drop.edge.reason)"))| "
                    + "n\(number(of: drop.edge.from))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Letters, digits and what is harmless; anything else as the entity that Mermaid knows.
    private static func entity(_ text: String) -> String {
        var result = ""
        for scalar in text.withoutControls.unicodeScalars {
            switch scalar {
            case "\"", "<", ">", "&", "#", "`", "|", "[", "]", "{", "}", ";", "\\": result += "#\(scalar.value);"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return "\"\(result)\""
    }
}

extension OrderEdge.Kind {
    var colour: String {
        switch self {
        case .declared: "#8250df"
        case .annotation: "#9a6700"
        case .structural: "#57606a"
        case .inferred: "#0969da"
        }
    }
}
