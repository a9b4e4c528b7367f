package io.jukung.cli.template;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * What templates may ask of data that the data alone does not tell. A member that is missing
 * otherwise is an error that names the members there are.
 *
 * @param optional the names of members that objects need not have; such a member is nil
 * @param maps the names of members whose own members have names that the user has chosen, as with
 *     labels; a missing one is nil
 * @param lists the names of members that are lists: one that is null, or left out, is printed as an
 *     empty list
 * @param methods functions of the outermost object, of one string each, by their names
 */
public record Shape(
    Set<String> optional,
    Set<String> maps,
    Set<String> lists,
    Map<String, Function<String, JsonNode>> methods) {
  /** Data in which nothing is missing. */
  public static final Shape COMPLETE = new Shape(Set.of(), Set.of(), Set.of(), Map.of());

  /** Data whose lists are never null. */
  public Shape(
      Set<String> optional, Set<String> maps, Map<String, Function<String, JsonNode>> methods) {
    this(optional, maps, Set.of(), methods);
  }

  /** What a member is that is null or left out. */
  JsonNode nil(String name) {
    return lists.contains(name) ? Nil.LIST : maps.contains(name) ? Nil.MAP : NullNode.instance;
  }

  boolean mayMiss(String owner, String name) {
    return optional.contains(name) || maps.contains(owner);
  }
}
