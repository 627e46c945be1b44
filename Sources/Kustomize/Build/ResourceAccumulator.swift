// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The resources of one kustomization in load order; no two have the same identity.
struct ResourceAccumulator {
    private(set) var resources: [Resource] = []
    private var places: [ResourceID: Int] = [:]

    var count: Int { resources.count }
    var indices: Range<Int> { resources.indices }

    /// Adds a resource.
    ///
    /// - Returns: the resource that has this identity already, in which case nothing is added.
    mutating func append(_ resource: Resource) -> Resource? {
        let id = resource.id
        if let place = places[id] { return resources[place] }
        places[id] = resources.count
        resources.append(resource)
        return nil
    }

    func place(of id: ResourceID) -> Int? { places[id] }

    /// The places of resources that have this identity, or had it before.
    func places(withPresentOrPastID id: ResourceID) -> [Int] {
        resources.indices.filter { resources[$0].id == id || resources[$0].previousIDs.contains(id) }
    }

    /// Changes one resource without changing its identity.
    mutating func change(at place: Int, _ body: (inout Resource) -> Void) { body(&resources[place]) }

    /// Changes all resources; identities may change.
    ///
    /// - Returns: pairs of resources that have the same identity afterwards.
    mutating func changeAll(_ body: (inout Resource) -> Void) -> [(Resource, Resource)] {
        for place in resources.indices { body(&resources[place]) }
        return reindex()
    }

    /// Replaces all resources.
    ///
    /// - Returns: pairs of resources that have the same identity afterwards.
    mutating func replaceAll(_ resources: [Resource]) -> [(Resource, Resource)] {
        self.resources = resources
        return reindex()
    }

    private mutating func reindex() -> [(Resource, Resource)] {
        var collisions: [(Resource, Resource)] = []
        places = Dictionary(minimumCapacity: resources.count)
        for (place, resource) in resources.enumerated() {
            if let other = places.updateValue(place, forKey: resource.id) {
                collisions.append((resources[other], resource))
            }
        }
        return collisions
    }
}
