// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A kind in all its versions: what ownership of an object is compared in, since every entry names a version.
struct FieldVersions: Sendable {
    /// The version of the request.
    let type: ResourceType
    /// Every version that objects can be converted to.
    let types: [ResourceType]
    let subresource: String

    var schema: Schema { type.schema }

    func filter(_ apiVersion: String) -> FieldFilter { FieldFilter(type: named(apiVersion), subresource: subresource) }

    func schema(_ apiVersion: String) -> Schema { named(apiVersion).schema }

    private func named(_ apiVersion: String) -> ResourceType {
        apiVersion == type.apiVersion ? type : types.first { $0.apiVersion == apiVersion } ?? type
    }

    /// Nil for a version that a built-in kind does not have: entries that name it are dropped.
    ///
    /// - Throws: 500 where a custom kind does not have the version, as the real server does for every apply.
    func convert(_ object: Object, to apiVersion: String) throws(StatusError) -> Object? {
        // A Scale is the same for the managers of every version of its workload.
        if object.apiVersion == apiVersion || subresource == "scale" { return object }
        if let target = types.first(where: { $0.apiVersion == apiVersion }) { return object.served(as: target) }
        guard type.custom != nil else { return nil }
        throw .plain500("request to convert CR to an invalid group/version: \(apiVersion)")
    }
}
