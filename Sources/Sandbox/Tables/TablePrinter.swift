// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Answers in the form `kubectl get` asks for: columns and cells, printed by the server.
struct TablePrinter {
    let type: ResourceType
    let included: Representation.IncludedObject
    let now: Timestamp

    func table(of objects: [Object], metadata: Object) -> Value {
        let rows = objects.map { object -> Value in
            let shown: Value =
                switch included {
                case .none: .null
                case .metadata: Representation.partialMetadata(object)
                case .object: .object(object)
                }
            return ["cells": .array(cells(object)), "object": shown]
        }
        return [
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": .object(metadata),
            "columnDefinitions": .array(columns), "rows": .array(rows),
        ]
    }

    private var columns: [Value] {
        if let custom = type.custom { return customColumns(custom) }
        let own = Self.builtIn[type.qualifiedKind] ?? Self.builtIn["ServiceAccount"] ?? []
        return own
    }

    private static let builtIn: [String: [Value]] = {
        var result: [String: [Value]] = [:]
        for line in TableColumns.table.split(separator: "\n") {
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
        return result
    }()

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
        guard Self.builtIn[type.qualifiedKind] != nil else { return [.string(object.name), age(object)] }
        return CellWriter(now: now).cells(object, kind: type.qualifiedKind) ?? [.string(object.name), age(object)]
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
