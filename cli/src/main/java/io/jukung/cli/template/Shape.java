package io.jukung.cli.template;

import com.fasterxml.jackson.databind.JsonNode;
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
 * @param methods functions of the outermost object, of one string each, by their names
 */
public record Shape(
    Set<String> optional, Set<String> maps, Map<String, Function<String, JsonNode>> methods) {
  /** Data in which nothing is missing. */
  public static final Shape COMPLETE = new Shape(Set.of(), Set.of(), Map.of());

  boolean mayMiss(String owner, String name) {
    return optional.contains(name) || maps.contains(owner);
  }
}
