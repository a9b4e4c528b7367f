package io.jukung.cri.docker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.Volume;

/**
 * A volume as {@code docker volume inspect} prints it, with two members of jukung's own: Anonymous,
 * and Containers, the IDs of the containers that mount the volume.
 */
public final class VolumeJson {
  private VolumeJson() {}

  /** Makes the JSON. */
  public static ObjectNode of(Volume volume) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("CreatedAt", DockerTime.of(volume.getCreatedAt()));
    json.put("Driver", volume.getDriver());
    ObjectNode labels = json.putObject("Labels");
    volume.getLabelsMap().forEach(labels::put);
    json.put("Mountpoint", volume.getMountpoint());
    json.put("Name", volume.getName());
    ObjectNode options = json.putObject("Options");
    volume.getOptionsMap().forEach(options::put);
    json.put("Scope", "local");
    json.put("Anonymous", volume.getAnonymous());
    var containers = json.putArray("Containers");
    volume.getContainerIdsList().forEach(containers::add);
    return json;
  }
}
