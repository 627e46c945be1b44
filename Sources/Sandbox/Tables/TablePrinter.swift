// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Answers in the form `kubectl get` asks for: columns and cells, printed by the server.
struct TablePrinter {
    let type: ResourceType
    let included: Representation.IncludedObject
    /// The version of `meta.k8s.io`.
    let version: String
    let now: Timestamp

    /// - Parameters:
    ///   - headers: false leaves the columns out.
    ///   - isList: a list without items has no rows at all where the kind has no printer of its own.
    func table(of objects: [Object], metadata: Object, headers: Bool = true, isList: Bool = false) -> Value {
        let rows = inOrder(objects).map { object -> Value in
            var row: Object = ["cells": .array(cells(object))]
            row["conditions"] = type.qualifiedKind == "Pod" ? PodCells.conditions(object) : nil
            row["object"] =
                switch included {
                case .none: .null
                case .metadata: Representation.partialMetadata(object, version: version)
                case .object: .object(object)
                }
            return .object(row)
        }
        let hasPrinter = type.custom != nil || Self.builtIn[type.qualifiedKind] != nil
        return [
            "kind": "Table", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": .object(metadata),
            "columnDefinitions": headers ? .array(columns) : .null,
            "rows": isList && rows.isEmpty && !hasPrinter ? .null : .array(rows),
        ]
    }

    /// Of all lists, the printer sorts only that of FlowSchemas: in the order in which they are asked.
    private func inOrder(_ objects: [Object]) -> [Object] {
        guard type.qualifiedKind == "FlowSchema.flowcontrol.apiserver.k8s.io" else { return objects }
        func precedence(_ object: Object) -> Int64 { object.value(at: "spec", "matchingPrecedence")?.integer ?? 0 }
        return objects.sorted { (precedence($0), $0.name) < (precedence($1), $1.name) }
    }

    private var columns: [Value] {
        if let custom = type.custom { return customColumns(custom) }
        return Self.builtIn[type.qualifiedKind] ?? Self.plain
    }

    /// Nil for a kind without a printer.
    static func columnCount(_ kind: String) -> Int? { builtIn[kind]?.count }

    private static let builtIn: [String: [Value]] = {
        var result: [String: [Value]] = [:]
        for line in (TableColumns.table + "\n" + TableColumns.others).split(separator: "\n") {
            let parts = line.split(separator: "|", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 6 else { continue }
            let description =
                switch parts[5] {
                case "@name": TableColumns.nameDescription
                case "@age": TableColumns.ageDescription
                default: parts[5].replacing("\\n", with: "\n")
                }
            result[parts[0], default: []].append(
                column(parts[1], parts[2], parts[3], description, priority: Int64(parts[4]) ?? 0))
        }
        result["Event.events.k8s.io"] = result["Event"]
        return result
    }()

    /// Kinds without a printer (`rest.NewDefaultTableConvertor`).
    private static let plain = [
        column("Name", "string", "name", TableColumns.nameDescription, priority: 0),
        column("Created At", "date", "", TableColumns.ageDescription, priority: 0),
    ]

    private static func column(
        _ name: String, _ type: String, _ format: String, _ description: String, priority: Int64
    ) -> Value {
        [
            "name": .string(name), "type": .string(type), "format": .string(format),
            "description": .string(description), "priority": .integer(priority),
        ]
    }

    private func cells(_ object: Object) -> [Value] {
        if let custom = type.custom { return customCells(object, custom) }
        if Self.builtIn[type.qualifiedKind] != nil,
            let cells = CellWriter(now: now).cells(object, kind: type.qualifiedKind)
        {
            return cells
        }
        return [.string(object.name), object.value(at: "metadata", "creationTimestamp") ?? "<unknown>"]
    }

    private func age(_ object: Object) -> Value { CellWriter(now: now).age(object) }

    private func customColumns(_ custom: CustomVersion) -> [Value] {
        let name = Self.column("Name", "string", "name", TableColumns.nameDescription, priority: 0)
        guard !custom.columns.isEmpty else {
            return [name, Self.column("Age", "date", "", TableColumns.ageDescription, priority: 0)]
        }
        return [name]
            + custom.columns.map { entry in
                let description = entry["description"]?.string
                let path = entry["jsonPath"]?.string ?? ""
                return Self.column(
                    entry["name"]?.string ?? "", entry["type"]?.string ?? "", entry["format"]?.string ?? "",
                    description ?? "Custom resource definition column (in JSONPath format): \(path)",
                    priority: entry["priority"]?.integer ?? 0)
            }
    }

    private func customCells(_ object: Object, _ custom: CustomVersion) -> [Value] {
        guard !custom.columns.isEmpty else { return [.string(object.name), age(object)] }
        return [.string(object.name)]
            + custom.columns.map { entry in
                JSONPath.cell(entry, of: object) { .string(CellWriter(now: now).since($0)) }
            }
    }
}
