// SPDX-License-Identifier: Apache-2.0

/// Places boxes in columns, with room for the lines that pass between them, and few crossings: columns are sorted by
/// where a box's neighbours stand (Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
/// structures", 1981).
struct LayeredLayout {
    /// What stands in a column: a box, or a line on its way through it.
    struct Slot {
        var box: Int?
        var column: Int
        var height: Double
        var y = 0.0
    }

    /// An edge from a box to one of a later column, through the slots between.
    struct Route {
        var edge: Int
        var slots: [Int]
    }

    private(set) var slots: [Slot] = []
    private(set) var routes: [Route] = []
    private(set) var height = 0.0
    private var columns: [[Int]] = []

    private static let gap = 14.0

    /// - Parameters:
    ///   - columns: the column of each box.
    ///   - edges: from a box to one of a later column.
    init(columns boxes: [Int], boxHeight: Double, edges: [(from: Int, to: Int)]) {
        columns = Array(repeating: [], count: (boxes.max() ?? -1) + 1)
        for (box, column) in boxes.enumerated() { add(Slot(box: box, column: column, height: boxHeight)) }
        for (number, edge) in edges.enumerated() {
            var route = [edge.from]
            for column in (boxes[edge.from] + 1)..<max(boxes[edge.from] + 1, boxes[edge.to]) {
                route.append(slots.count)
                add(Slot(box: nil, column: column, height: 4))
            }
            routes.append(Route(edge: number, slots: route + [edge.to]))
        }
        sortColumns()
        place()
    }

    private mutating func add(_ slot: Slot) {
        columns[slot.column].append(slots.count)
        slots.append(slot)
    }

    private mutating func sortColumns() {
        var before: [[Int]] = Array(repeating: [], count: slots.count)
        var after = before
        for route in routes {
            for (left, right) in zip(route.slots, route.slots.dropFirst()) {
                before[right].append(left)
                after[left].append(right)
            }
        }
        var places = [Double](repeating: 0, count: slots.count)
        func number(_ columns: [[Int]]) {
            for column in columns {
                for (place, slot) in column.enumerated() { places[slot] = Double(place) / Double(max(1, column.count)) }
            }
        }
        number(columns)
        for sweep in 0..<8 {
            let neighbours = sweep.isMultiple(of: 2) ? before : after
            for column in sweep.isMultiple(of: 2) ? Array(columns.indices) : columns.indices.reversed() {
                let centres = columns[column].map { slot -> (slot: Int, centre: Double) in
                    let around = neighbours[slot].map { places[$0] }
                    return (slot, around.isEmpty ? places[slot] : around.reduce(0, +) / Double(around.count))
                }
                columns[column] = centres.enumerated().sorted {
                    ($0.element.centre, $0.offset) < ($1.element.centre, $1.offset)
                }.map(\.element.slot)
                number([columns[column]])
            }
        }
    }

    private mutating func place() {
        let heights = columns.map { column in
            column.reduce(0.0) { $0 + slots[$1].height } + Self.gap * Double(max(0, column.count - 1))
        }
        height = heights.max() ?? 0
        for (column, used) in zip(columns, heights) {
            var y = (height - used) / 2
            for slot in column {
                slots[slot].y = y
                y += slots[slot].height + Self.gap
            }
        }
    }
}
