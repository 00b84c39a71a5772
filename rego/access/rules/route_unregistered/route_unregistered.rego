# METADATA
# title: 调用的路径没有登记对应目录中的哪一项数据的,不能认定访问的是什么数据
# description: A call that no registered route ties to a catalogue entry asks for data that nobody can name.
# custom:
#   articles: [art_3__para_3, art_11__para_1]
#   remedy: register_route
package access.rules.route_unregistered

doubt if input.catalogue_state == "unrouted"
