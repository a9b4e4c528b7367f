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
 * Chooses the version of the CNI specification that a network's plugins are called with. If a
 * configuration allows several versions, that is the highest one that all its plugins support; each
 * installed plugin is asked once (VERSION). If the configuration allows one version, no plugin is
 * asked: a plugin that does not support it reports that itself. Thread-safe.
 */
public final class PluginVersions {
  private static final Logger LOG = LoggerFactory.getLogger(PluginVersions.class);

  /**
   * The limit of remembered answers. A plugin whose file is replaced is asked again, so the number
   * grows slowly.
   */
  private static final int MAX_REMEMBERED = 100;

  private final PluginRunner plugins;
  private final Map<Map<String, Object>, Set<CniVersion>> known = new ConcurrentHashMap<>();

  public PluginVersions(PluginRunner plugins) {
    this.plugins = plugins;
  }

  /**
   * Returns the network with one version.
   *
   * @throws CniException if a plugin supports none of the versions that the others support
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

  /**
   * Returns the versions that a plugin supports; empty if the plugin does not tell, as the oldest
   * ones do not. Such a plugin is assumed to support all versions.
   */
  private Optional<Set<CniVersion>> versions(String type, String network, Eventfd cancel)
      throws IOException {
    Optional<Path> executable = plugins.find(type);
    if (executable.isEmpty()) {
      return Optional.empty(); // the next call of the plugin reports that it is missing
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
