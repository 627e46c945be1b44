// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// How things were before a rollout did anything: what a run that goes on with it has to know.
struct EarlierStates: Hashable {
    /// How objects were that were not well.
    var objects: [ObjectID: EarlierState] = [:]
    /// Those who depend on what is rolled out, and were not well.
    var dependents: Set<TargetID> = []

    var isEmpty: Bool { objects.isEmpty && dependents.isEmpty }
}

extension EarlierStates {
    /// For the ledger.
    var text: String {
        let objects = objects.sorted { $0.key < $1.key }.map { id, state in
            Value.object(["object": .string(id.key), "state": state.value])
        }
        let dependents = dependents.sorted().map { target in
            Value.object(["application": .string(target.application), "environment": .string(target.environment)])
        }
        return JSON.text(.object(["objects": .array(objects), "dependents": .array(dependents)]))
    }

    /// Nil where it cannot be read.
    init?(text: String) {
        guard let value = try? JSON.parse(text), let objects = value["objects"]?.array,
            let dependents = value["dependents"]?.array
        else { return nil }
        for entry in objects {
            guard let id = entry["object"]?.string.flatMap({ ObjectID(key: $0) }),
                let state = entry["state"].flatMap({ EarlierState($0) })
            else { return nil }
            self.objects[id] = state
        }
        for entry in dependents {
            guard let application = entry["application"]?.string, let environment = entry["environment"]?.string else {
                return nil
            }
            self.dependents.insert(TargetID(application: application, environment: environment))
        }
    }
}
