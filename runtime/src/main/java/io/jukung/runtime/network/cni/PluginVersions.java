package io.jukung.runtime.network.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.linux.io.Eventfd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settles with which version of the specification a network's plugins are called. A configuration
 * that leaves a choice gets the highest version that all its plugins speak; each installed plugin
 * is asked once (VERSION). Where there is no choice nobody is asked: a plugin that does not speak
 * the one version will say so itself. Thread-safe.
 */
public final class PluginVersions {
  private static final Logger LOG = LoggerFactory.getLogger(PluginVersions.class);

  /** A plugin that is replaced is another one; so many of them are not in use at a time. */
  private static final int MAX_REMEMBERED = 100;

  private final PluginRunner plugins;
  private final Map<Map<String, Object>, Set<CniVersion>> known = new ConcurrentHashMap<>();

  public PluginVersions(PluginRunner plugins) {
    this.plugins = plugins;
  }

  /**
   * The network with one version.
   *
   * @throws CniException where a plugin speaks none of those that the others do
   */
  public NetworkConfiguration settle(NetworkConfiguration network, Eventfd cancel)
      throws IOException {
    if (network.versions().size() == 1) {
      return network;
    }
    List<CniVersion> common = new ArrayList<>(network.versions());
    for (PluginConfiguration plugin : network.plugins()) {
      Optional<Set<CniVersion>> spoken = versions(plugin.type(), network.name(), cancel);
      if (spoken.isPresent() && !common.removeIf(version -> !spoken.get().contains(version))) {
        continue;
      }
      if (common.isEmpty()) {
        throw new CniException(
            "network "
                + network.name()
                + ": plugin "
                + plugin.type()
                + " speaks CNI "
                + spoken.orElse(Set.of())
                + ", and none of the versions left of "
                + network.versions());
      }
    }
    return network.withVersion(common.getLast());
  }

  /** Empty where the plugin does not tell, as the oldest do not: it is taken to speak any. */
  private Optional<Set<CniVersion>> versions(String type, String network, Eventfd cancel)
      throws IOException {
    Optional<Path> executable = plugins.find(type);
    if (executable.isEmpty()) {
      return Optional.empty(); // what is asked next will say so
    }
    Map<String, Object> identity =
        Files.readAttributes(executable.get(), "unix:dev,ino,size,lastModifiedTime,ctime");
    Set<CniVersion> spoken = known.get(identity);
    if (spoken == null) {
      try {
        spoken = ask(type, network, cancel);
      } catch (IOException e) {
        LOG.debug("versions of CNI that plugin {} speaks are not known", type, e);
        return Optional.empty();
      }
      if (known.size() >= MAX_REMEMBERED) {
        known.clear();
      }
      known.put(identity, spoken);
    }
    return Optional.of(spoken);
  }

  private Set<CniVersion> ask(String type, String network, Eventfd cancel) throws IOException {
    ObjectNode request = CniJson.object().put("cniVersion", CniVersion.V1_1_0.toString());
    byte[] answer =
        plugins.run(
            new PluginRunner.Call(CniCommand.VERSION, type, network, null), request, cancel);
    Set<CniVersion> spoken = EnumSet.noneOf(CniVersion.class);
    for (JsonNode version : CniJson.parseObject(answer).path("supportedVersions")) {
      CniVersion.find(version.asText("")).ifPresent(spoken::add);
    }
    return spoken;
  }
}
