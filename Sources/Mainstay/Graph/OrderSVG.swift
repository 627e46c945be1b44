// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning

/// An order as a picture by itself: waves as columns, from left to right, and under it every dependency in words.
struct OrderSVG {
    private static let margin = 24.0
    private static let boxHeight = 38.0
    private static let columnGap = 76.0
    private static let letterWidth = 6.7
    private static let lineHeight = 16.0
    /// More dependencies than anybody reads.
    private static let listedEdges = 2000

    let picture: OrderPicture

    var text: String {
        let drawn = drawnEdges
        let layout = LayeredLayout(
            columns: picture.nodes.map(\.wave), boxHeight: Self.boxHeight,
            edges: drawn.map { (picture.number(of: $0.to), picture.number(of: $0.from)) })
        let widths = columnWidths
        var lefts: [Double] = []
        var x = Self.margin
        for width in widths {
            lefts.append(x)
            x += width + Self.columnGap
        }
        let top = Self.margin + 58
        let listTop = top + layout.height + 48
        let list = listedLines
        let longest = (list.map { $0.text.count }.max() ?? 0)
        let width = max(x - Self.columnGap + Self.margin, Double(longest) * Self.letterWidth + 2 * Self.margin, 480)
        let height = listTop + Double(list.count) * Self.lineHeight + Self.margin
        var parts = [head(width: width, height: height)]
        for (wave, left) in lefts.enumerated() {
            parts.append(label("wave \(wave + 1)", left, top - 14, "wave"))
        }
        for route in layout.routes {
            parts.append(line(route, layout, lefts, widths, top, drawn[route.edge]))
        }
        for slot in layout.slots {
            guard let box = slot.box else { continue }
            parts.append(
                self.box(picture.nodes[box], lefts[slot.column], top + slot.y, widths[slot.column]))
        }
        for (number, line) in list.enumerated() {
            parts.append(
                label(
                    line.text, Self.margin, listTop + Double(number) * Self.lineHeight, "list", colour: line.colour))
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    /// Those that do not follow from others: the rest would hide them, and is listed.
    private var drawnEdges: [OrderEdge] {
        var direct: [Int: [Int]] = [:]
        for edge in picture.edges {
            direct[picture.number(of: edge.from), default: []].append(picture.number(of: edge.to))
        }
        var reached: [Int: Set<Int>] = [:]
        // What is waited for stands in an earlier wave, and so before it.
        for number in picture.nodes.indices {
            reached[number] = (direct[number] ?? []).reduce(into: Set<Int>()) { all, next in
                all.insert(next)
                all.formUnion(reached[next] ?? [])
            }
        }
        return picture.edges.filter { edge in
            let to = picture.number(of: edge.to)
            return !(direct[picture.number(of: edge.from)] ?? []).contains {
                $0 != to && reached[$0]?.contains(to) == true
            }
        }
    }

    private var columnWidths: [Double] {
        var widths = [Double](repeating: 0, count: picture.waveCount)
        for node in picture.nodes {
            let letters = max(Self.name(of: node.id).count, node.id.kind.count + "\(node.target)".count + 3)
            widths[node.wave] = max(widths[node.wave], Double(letters) * Self.letterWidth + 20)
        }
        return widths
    }

    private static func name(of id: ObjectID) -> String {
        id.namespace.isEmpty ? id.name : "\(id.namespace)/\(id.name)"
    }

    // MARK: Parts

    private func head(width: Double, height: Double) -> String {
        let size = "\(Self.number(width)) \(Self.number(height))"
        let parts = size.split(separator: " ")
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(parts[0])" height="\(parts[1])" viewBox="0 0 \(size)" \
            font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="11">
            <title>\(Self.escaped(picture.summary))</title>
            <style>
            .box { fill: #f6f8fa; stroke: #8c959f }
            .kind { fill: #57606a; font-size: 10px }
            .name { fill: #1f2328; font-weight: 600 }
            .wave { fill: #57606a; font-weight: 600 }
            .list { fill: #1f2328 }
            .edge { fill: none; stroke-width: 1.4 }
            </style>
            <rect width="100%" height="100%" fill="#ffffff"/>
            """
        var x = Self.margin
        text += "\n" + label(picture.summary, x, Self.margin, "name")
        for kind in OrderEdge.Kind.allCases {
            let dash = kind == .inferred ? " stroke-dasharray=\"5 3\"" : ""
            text +=
                "\n<path d=\"M\(Self.number(x)) \(Self.number(Self.margin + 16)) h22\" class=\"edge\" "
                + "stroke=\"\(kind.colour)\"\(dash)/>"
            text += "\n" + label(kind.rawValue, x + 28, Self.margin + 20, "kind")
            x += 28 + Double(kind.rawValue.count) * Self.letterWidth + 24
        }
        return text
    }

    private func box(_ node: OrderPicture.Node, _ x: Double, _ y: Double, _ width: Double) -> String {
        let place = "x=\"\(Self.number(x))\" y=\"\(Self.number(y))\""
        return "<g><title>\(Self.escaped("\(node.id), \(node.target)"))</title>"
            + "<rect class=\"box\" \(place) width=\"\(Self.number(width))\" height=\"\(Self.number(Self.boxHeight))\" rx=\"5\"/>"
            + label("\(node.id.kind) · \(node.target)", x + 10, y + 15, "kind")
            + label(Self.name(of: node.id), x + 10, y + 30, "name") + "</g>"
    }

    private func line(
        _ route: LayeredLayout.Route, _ layout: LayeredLayout, _ lefts: [Double], _ widths: [Double], _ top: Double,
        _ edge: OrderEdge
    ) -> String {
        var path = ""
        for (index, number) in route.slots.enumerated() {
            let slot = layout.slots[number]
            let y = top + slot.y + slot.height / 2
            let left = lefts[slot.column]
            let right = left + widths[slot.column]
            if index == 0 {
                path = "M\(Self.number(right)) \(Self.number(y))"
                continue
            }
            let from = layout.slots[route.slots[index - 1]]
            let start = lefts[from.column] + widths[from.column]
            let before = top + from.y + from.height / 2
            let middle = (start + left) / 2
            let end = index == route.slots.count - 1 ? left - 5 : left
            path +=
                " C\(Self.number(middle)) \(Self.number(before)) \(Self.number(middle)) \(Self.number(y)) "
                + "\(Self.number(end)) \(Self.number(y))"
            if index < route.slots.count - 1 { path += " H\(Self.number(right))" }
            if index == route.slots.count - 1 {
                // The head of the arrow.
                path += " m-5 -4 l5 4 l-5 4"
            }
        }
        let dash = edge.kind == .inferred ? " stroke-dasharray=\"5 3\"" : ""
        return "<g><title>\(Self.escaped("\(edge)"))</title><path class=\"edge\" stroke=\"\(edge.kind.colour)\"\(dash) "
            + "d=\"\(path)\"/></g>"
    }

    private var listedLines: [(text: String, colour: String)] {
        var lines = picture.edges.prefix(Self.listedEdges).map { (text: "\($0)", colour: $0.kind.colour) }
        if picture.edges.count > Self.listedEdges {
            lines.append(("… and \(picture.edges.count - Self.listedEdges) more dependencies", "#57606a"))
        }
        return lines + picture.dropped.map { ("left out: \($0.edge): \($0.reason)", "#cf222e") }
    }

    private func label(
        _ text: String, _ x: Double, _ y: Double, _ style: String, colour: String? = nil
    ) -> String {
        let fill = colour.map { " style=\"fill: \($0)\"" } ?? ""
        return
            "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" class=\"\(style)\"\(fill)>\(Self.escaped(text))</text>"
    }

    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths.isMultiple(of: 10) ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
    }

    private static func escaped(_ text: String) -> String {
        text.withoutControls.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }
}
