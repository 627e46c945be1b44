// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

/// A Deployment as an API server answered an apply of `sent`: with defaults, and with managed fields.
enum DriftFixture {
    /// Keyed in the product; here only different for different bytes.
    static let hash = FieldHash { bytes in
        bytes.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    }

    static func sent() throws -> Manifest {
        Manifest(object: try object(sentText), origin: Origin(file: "shop.yaml"))
    }

    static func live() throws -> Object {
        var live = try object(liveText)
        try live.own(as: "mainstay", ownFields)
        try live.own(
            as: "kube-controller-manager", operation: "Update", subresource: "status",
            #"{"f:status": {"f:replicas": {}}}"#)
        try live.own(
            as: "kube-controller-manager", operation: "Update",
            #"{"f:metadata": {"f:annotations": {".": {}, "f:deployment.kubernetes.io/revision": {}}}}"#)
        return live
    }

    static func baseline() throws -> DriftBaseline {
        DriftBaseline(of: try live(), sent: try sent(), after: nil, hash: hash)
    }

    /// What is found of the object after a change.
    static func found(_ change: (inout Object) throws -> Void) throws -> [String] {
        var live = try live()
        try change(&live)
        // As it comes back from the ledger.
        let text = try baseline().text
        let baseline = try #require(DriftBaseline(text: text))
        let differences = try #require(baseline.differences(from: live, id: live.objectID, hash: hash))
        return differences.map { "\($0.signal.rawValue) \($0.pathText) \($0.manager)" }
    }

    private static let sentText = #"""
        {
          "apiVersion": "apps/v1", "kind": "Deployment",
          "metadata": {
            "name": "shop", "namespace": "staging",
            "labels": {"mainstay.dev/owner": "shop.staging.0123456789", "team": "shop"}
          },
          "spec": {
            "replicas": 2, "strategy": {}, "selector": {"matchLabels": {"app": "shop"}},
            "template": {
              "metadata": {"labels": {"app": "shop"}},
              "spec": {
                "initContainers": [{"name": "first", "image": "first:1"}, {"name": "second", "image": "second:1"}],
                "containers": [{
                  "name": "shop", "image": "shop:1", "args": ["serve", "fast"],
                  "env": [{"name": "LEVEL", "value": "info"}, {"name": "EMPTY"}],
                  "ports": [{"containerPort": 8080}]
                }],
                "volumes": [{"name": "scratch", "emptyDir": {}}]
              }
            }
          }
        }
        """#

    private static let liveText = #"""
        {
          "apiVersion": "apps/v1", "kind": "Deployment",
          "metadata": {
            "name": "shop", "namespace": "staging", "uid": "u1", "resourceVersion": "10", "generation": 1,
            "labels": {"mainstay.dev/owner": "shop.staging.0123456789", "team": "shop"},
            "annotations": {"deployment.kubernetes.io/revision": "1"}
          },
          "spec": {
            "replicas": 2, "revisionHistoryLimit": 10,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}},
            "selector": {"matchLabels": {"app": "shop"}},
            "template": {
              "metadata": {"labels": {"app": "shop"}},
              "spec": {
                "terminationGracePeriodSeconds": 30, "restartPolicy": "Always",
                "initContainers": [
                  {"name": "first", "image": "first:1", "imagePullPolicy": "IfNotPresent"},
                  {"name": "second", "image": "second:1", "imagePullPolicy": "IfNotPresent"}
                ],
                "containers": [{
                  "name": "shop", "image": "shop:1", "imagePullPolicy": "IfNotPresent", "args": ["serve", "fast"],
                  "env": [{"name": "LEVEL", "value": "info"}, {"name": "EMPTY"}],
                  "ports": [{"containerPort": 8080, "protocol": "TCP"}]
                }],
                "volumes": [{"name": "scratch", "emptyDir": {}}]
              }
            }
          },
          "status": {"replicas": 2}
        }
        """#

    private static let ownFields = #"""
        {
          "f:metadata": {"f:labels": {"f:mainstay.dev/owner": {}, "f:team": {}}},
          "f:spec": {
            "f:replicas": {}, "f:strategy": {}, "f:selector": {},
            "f:template": {
              "f:metadata": {"f:labels": {"f:app": {}}},
              "f:spec": {
                "f:initContainers": {
                  "k:{\"name\":\"first\"}": {".": {}, "f:image": {}, "f:name": {}},
                  "k:{\"name\":\"second\"}": {".": {}, "f:image": {}, "f:name": {}}
                },
                "f:containers": {"k:{\"name\":\"shop\"}": {
                  ".": {}, "f:name": {}, "f:image": {}, "f:args": {},
                  "f:env": {
                    "k:{\"name\":\"EMPTY\"}": {".": {}, "f:name": {}},
                    "k:{\"name\":\"LEVEL\"}": {".": {}, "f:name": {}, "f:value": {}}
                  },
                  "f:ports": {"k:{\"containerPort\":8080,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}
                }},
                "f:volumes": {"k:{\"name\":\"scratch\"}": {".": {}, "f:emptyDir": {}, "f:name": {}}}
              }
            }
          }
        }
        """#
}

extension Object {
    /// Adds fields to a manager's entry, and takes them from others where they are said to be taken.
    mutating func own(
        as manager: String, operation: String = "Apply", subresource: String = "", apiVersion: String? = nil,
        taking: Bool = false, _ fields: String
    ) throws {
        let set = FieldSet(fieldsV1: try JSON.parse(fields))
        var managed = ManagedFields(metadata["managedFields"])
        if taking {
            for index in managed.entries.indices {
                managed.entries[index].set = managed.entries[index].set.subtracting(set)
            }
        }
        let name = ManagedFields.Manager(
            name: manager, operation: operation, apiVersion: apiVersion ?? self.apiVersion, subresource: subresource)
        if let index = managed.index(of: name) {
            managed.entries[index].set = managed.entries[index].set.union(set)
        } else {
            managed.entries.append(ManagedFields.Entry(manager: name, set: set))
        }
        self.set(managed.value, at: "metadata", "managedFields")
    }

    /// Changes what is at a path of keys and list places, such as `spec.containers.0.image`.
    mutating func put(_ value: Value?, _ path: String) {
        self = Value.object(self).putting(value, path.split(separator: "/").map(String.init)[...]).object ?? self
    }
}

extension Value {
    fileprivate func putting(_ value: Value?, _ path: ArraySlice<String>) -> Value {
        guard let first = path.first else { return value ?? .null }
        let rest = path.dropFirst()
        if case .array(var items) = self, let index = Int(first) {
            if index == items.count { items.append([:]) }
            if rest.isEmpty, value == nil {
                items.remove(at: index)
            } else {
                items[index] = items[index].putting(value, rest)
            }
            return .array(items)
        }
        var object = object ?? Object()
        object[first] = rest.isEmpty ? value : (object[first] ?? [:]).putting(value, rest)
        return .object(object)
    }
}
