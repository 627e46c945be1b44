// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Builder {
    /// Binds a kustomization's variables to the objects that are there now: later names and copies do not matter.
    mutating func declare(_ variables: [Variable], in resources: inout ResourceAccumulator) {
        for variable in variables {
            let wanted = ResourceID(
                groupVersionKind: variable.kind, namespace: variable.namespace, name: variable.objectName)
            let countsNamespace =
                !variable.namespace.isEmpty || ScopeTable.isClusterScoped(variable.kind.groupKind)
            let places = resources.indices.filter { place in
                let resource = resources.resources[place]
                guard resource.isOrWasCalled(wanted.name) else { return false }
                return resource.allIDs.contains { id in
                    id.groupVersionKind == wanted.groupVersionKind && id.name == wanted.name
                        && (!countsNamespace || id.namespace == wanted.namespace)
                }
            }
            if places.count > 1 {
                let origins = places.map { resources.resources[$0].origin.description }.joined(separator: ", ")
                problems.append(
                    RenderError(
                        .ambiguous, file: variable.file, at: variable.position,
                        "the object of var \(variable.name) could be any of those from \(origins)",
                        hint: "state its namespace, or declare the var where there is only one"))
            }
            for place in places.prefix(1) { resources.change(at: place) { $0.variables.append(variable.name) } }
            declare(variable, in: &resources)
        }
    }

    /// Takes over the variables of a kustomization that another one names.
    mutating func adopt(_ variables: [Variable], into resources: inout ResourceAccumulator) {
        for variable in variables { declare(variable, in: &resources) }
    }

    private mutating func declare(_ variable: Variable, in resources: inout ResourceAccumulator) {
        if let other = resources.variables.first(where: { $0.name == variable.name }) {
            let line = other.position.line
            problems.append(
                RenderError(
                    .duplicate, file: variable.file, at: variable.position,
                    "var \(variable.name) is there already, from \(other.file):\(line)",
                    hint: "give one of the two another name; a base that two overlays name declares its vars twice"))
        } else {
            resources.variables.append(variable)
        }
    }

    /// Expands the variables, once names and references are final.
    mutating func expand(_ variables: [Variable], in resources: inout [Resource], fields: [FieldSpec]) {
        guard !variables.isEmpty else { return }
        let variables = variables.sorted { $0.name < $1.name }
        var values: [String: Value] = [:]
        for variable in variables { values[variable.name] = value(of: variable, in: resources) }
        let copiesBefore = copiesLeft
        var expansion = VariableExpansion(values, limit: copiesBefore)
        defer {
            if let file = variables.first?.file { admitCopies(copiesBefore - expansion.left, from: file) }
        }
        for place in resources.indices {
            for field in fields {
                do throws(VariableExpansion.Mismatch) {
                    try expansion.expand(field, in: &resources[place].object)
                } catch {
                    let path = field.path.joined(separator: ".")
                    problems.append(
                        RenderError(
                            .invalidField, at: resources[place].origin,
                            "vars cannot be expanded in \(path) of \(resources[place].object.objectID): \(error.message)"
                        ))
                }
            }
        }
        for variable in variables where !expansion.used.contains(variable.name) {
            let reason = expansion.misused.contains(variable.name) ? "is no text, number or boolean" : "is never used"
            warn([RenderWarning(file: variable.file, line: variable.position.line, "var \(variable.name) \(reason)")])
        }
    }

    private mutating func value(of variable: Variable, in resources: [Resource]) -> Value? {
        guard let resource = resources.first(where: { $0.variables.contains(variable.name) }) else {
            problems.append(
                RenderError(
                    .unmatched, file: variable.file, at: variable.position,
                    "var \(variable.name) is about \(variable.kind) \(variable.objectName), which is not there",
                    hint:
                        "group, version, kind and name count; the name may be any that the object had up to where the var is declared"
                ))
            return nil
        }
        var reason = "there is no such field"
        do throws(FieldPath.Mismatch) {
            if let value = try variable.path.value(in: resource.object) { return value }
        } catch {
            reason = error.message
        }
        problems.append(
            RenderError(
                .unmatched, file: variable.file, at: variable.position,
                "var \(variable.name) reads \(variable.path.text) of \(resource.object.objectID) from \(resource.origin): \(reason)"
            ))
        return nil
    }
}
