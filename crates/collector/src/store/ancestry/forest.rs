//! A forest that answers quickly whether a node lies above another, while nodes are moved: the
//! link-cut trees of Sleator and Tarjan (1983). Both operations take a number of steps that grows
//! with the logarithm of the number of nodes, however deep the trees are.
//!
//! The forest is divided into paths that lead downwards. The nodes of each path form a binary tree
//! in the order of their depth. [`Forest::splay`] rotates it so that the node visited last is its
//! root. The root of such a binary tree also stores the node below which the path hangs.

use crate::model::hierarchy::AncestorPath;

/// Nodes are numbered from 1.
#[derive(Debug, Default)]
pub(super) struct Forest {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// The parent in the binary tree of the path. For the root of that tree: the node below which
    /// the path hangs. 0 for none.
    above: u32,
    /// The nodes of the path that are less deep, and the deeper ones.
    sides: [u32; 2],
    /// Number of nodes in this part of the binary tree.
    size: u32,
}

const UPPER: usize = 0;
const DEEPER: usize = 1;

impl Forest {
    /// Moves a node with its subtree. The new parent must not be in that subtree.
    pub(super) fn set_parent(&mut self, node: u32, parent: Option<u32>) {
        self.grow(node);
        self.access(node);
        let above = std::mem::take(&mut self.node(node).sides[UPPER]);
        if above != 0 {
            self.node(above).above = 0;
            self.measure(node);
        }
        if let Some(parent) = parent {
            self.grow(parent);
            self.node(node).above = parent;
        }
    }

    /// Whether `upper` is `lower` or lies above it.
    pub(super) fn is_above(&mut self, upper: u32, lower: u32) -> bool {
        self.grow(upper.max(lower));
        self.access(lower);
        self.splay(upper);
        // After `splay`, `upper` is the root of the path's binary tree, if it is on the path.
        upper == lower || !self.is_root(lower)
    }

    /// The nodes from `lower` up to the one directly below `upper`, which must lie above `lower`.
    /// Only the first and the last `most` nodes are named.
    pub(super) fn ancestor_path(
        &mut self,
        upper: u32,
        lower: u32,
        most: usize,
    ) -> AncestorPath<u32> {
        self.grow(upper.max(lower));
        self.access(lower);
        let length = self.node(lower).size as usize;
        self.splay(upper);
        let depth = self.size_of(upper, UPPER);
        let count = length.saturating_sub(depth + 1);
        // The depths of the nodes are `depth + 1` to `depth + count`.
        let shown = |from: usize, to: usize| (from..to).map(move |at| depth + count - at);
        let mut at_depth = |depths: &mut dyn Iterator<Item = usize>| -> Vec<u32> {
            depths.map(|depth| self.at_depth(lower, depth)).collect()
        };
        if count <= 2 * most {
            return AncestorPath {
                first: at_depth(&mut shown(0, count)),
                between: 0,
                last: Vec::new(),
            };
        }
        AncestorPath {
            first: at_depth(&mut shown(0, most)),
            between: count - 2 * most,
            last: at_depth(&mut shown(count - most, count)),
        }
    }

    /// The node at a depth on the path of `of_path`.
    fn at_depth(&mut self, of_path: u32, depth: usize) -> u32 {
        self.splay(of_path);
        let (mut at, mut depth) = (of_path, depth);
        loop {
            let upper = self.size_of(at, UPPER);
            let next = match depth.cmp(&upper) {
                std::cmp::Ordering::Less => self.node(at).sides[UPPER],
                std::cmp::Ordering::Equal => 0,
                std::cmp::Ordering::Greater => {
                    depth -= upper + 1;
                    self.node(at).sides[DEEPER]
                }
            };
            if next == 0 {
                self.splay(at);
                return at;
            }
            at = next;
        }
    }

    /// Makes the nodes from the root of the tree down to `node` one path, which ends with `node`.
    fn access(&mut self, node: u32) {
        let (mut below, mut at) = (0, node);
        while at != 0 {
            self.splay(at);
            self.node(at).sides[DEEPER] = below;
            self.measure(at);
            below = at;
            at = self.node(at).above;
        }
        self.splay(node);
    }

    /// Makes a node the root of the binary tree of its path.
    fn splay(&mut self, node: u32) {
        while !self.is_root(node) {
            let above = self.node(node).above;
            if !self.is_root(above) {
                let top = self.node(above).above;
                let is_straight = self.side(node, above) == self.side(above, top);
                self.rotate(if is_straight { above } else { node });
            }
            self.rotate(node);
        }
    }

    fn rotate(&mut self, node: u32) {
        let above = self.node(node).above;
        let top = self.node(above).above;
        let side = self.side(node, above);
        if !self.is_root(above) {
            let side = self.side(above, top);
            self.node(top).sides[side] = node;
        }
        let moved = self.node(node).sides[1 - side];
        self.node(above).sides[side] = moved;
        if moved != 0 {
            self.node(moved).above = above;
        }
        self.node(node).sides[1 - side] = above;
        self.node(node).above = top;
        self.node(above).above = node;
        self.measure(above);
        self.measure(node);
    }

    fn is_root(&self, node: u32) -> bool {
        let above = self.nodes[node as usize].above;
        above == 0 || !self.nodes[above as usize].sides.contains(&node)
    }

    /// The side of `above` on which `node` hangs.
    fn side(&self, node: u32, above: u32) -> usize {
        usize::from(self.nodes[above as usize].sides[DEEPER] == node)
    }

    fn size_of(&self, node: u32, side: usize) -> usize {
        let below = self.nodes[node as usize].sides[side];
        self.nodes[below as usize].size as usize
    }

    fn measure(&mut self, node: u32) {
        let size = 1 + self.size_of(node, UPPER) + self.size_of(node, DEEPER);
        self.node(node).size = size as u32;
    }

    fn node(&mut self, node: u32) -> &mut Node {
        &mut self.nodes[node as usize]
    }

    fn grow(&mut self, node: u32) {
        let single = Node {
            size: 1,
            ..Node::default()
        };
        if self.nodes.is_empty() {
            // Index 0 stands for no node.
            self.nodes.push(Node::default());
        }
        let length = self.nodes.len().max(node as usize + 1);
        self.nodes.resize(length, single);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The nodes from `node` upwards, including `node`.
    fn upwards(parents: &[u32], node: u32) -> Vec<u32> {
        let up = |node: &u32| Some(parents[*node as usize]).filter(|parent| *parent > 0);
        std::iter::successors(Some(node), up).collect()
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_table_of_parents(
            moves in proptest::collection::vec((1..30u32, 0..30u32), 0..200),
        ) {
            let mut parents = [0; 30];
            let mut forest = Forest::default();
            for (node, parent) in moves {
                let is_cycle = parent > 0 && upwards(&parents, parent).contains(&node);
                if parent > 0 {
                    prop_assert_eq!(forest.is_above(node, parent), is_cycle);
                }
                if is_cycle {
                    let mut way = upwards(&parents, parent);
                    way.truncate(way.iter().position(|at| *at == node).unwrap());
                    let found = forest.ancestor_path(node, parent, 3);
                    let mut all = found.first.clone();
                    if found.between > 0 {
                        all.extend(&way[3..3 + found.between]);
                    }
                    all.extend(&found.last);
                    prop_assert_eq!(all, way);
                } else {
                    forest.set_parent(node, Some(parent).filter(|parent| *parent > 0));
                    parents[node as usize] = parent;
                }
            }
        }
    }

    #[test]
    fn a_deep_chain_is_turned_around_in_few_steps() {
        const DEPTH: u32 = 200_000;
        let mut forest = Forest::default();
        for node in 2..=DEPTH {
            forest.set_parent(node, Some(node - 1));
        }
        assert!(forest.is_above(1, DEPTH));
        for node in 1..DEPTH {
            forest.set_parent(node + 1, None);
            assert!(!forest.is_above(node, node + 1));
            forest.set_parent(node, Some(node + 1));
        }
        assert!(forest.is_above(DEPTH, 1));
    }
}
