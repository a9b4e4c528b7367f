<#-- One line for each jar: file name, licences of which any one may be chosen, name of the project, its page. -->
<#list dependencyMap as entry>
<#assign project = entry.getKey()>
${project.artifactId}-${project.version}.jar	<#list entry.getValue() as licence>${licence}<#sep> OR </#list>	${project.name!project.artifactId}	${project.url!""}
</#list>
