package io.jukung.cli.template;

import com.fasterxml.jackson.databind.node.NullNode;

/**
 * A list or map of Go that is nil: it is printed like an empty one, and is {@code null} in JSON.
 * Everywhere else it is as every null.
 */
final class Nil extends NullNode {
  private static final long serialVersionUID = 1L;

  static final Nil LIST = new Nil("[]");
  static final Nil MAP = new Nil("map[]");

  private final String printed;

  private Nil(String printed) {
    this.printed = printed;
  }

  String printed() {
    return printed;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NullNode;
  }

  @Override
  public int hashCode() {
    return NullNode.instance.hashCode();
  }
}
