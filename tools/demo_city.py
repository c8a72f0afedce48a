#!/usr/bin/env python3
"""Writes data/demo_city.osm: a city that does not exist, for a cockpit without a network. ./tools/demo_city.py > data/demo_city.osm

Everything is invented, names and numbers alike, and it lies in the open sea. The same script writes the same bytes.
"""

import math
import random
from xml.sax.saxutils import quoteattr

LAT, LON = 30.60, 124.00  # south-west corner of the street grid, in the East China Sea
STEP = 0.0045  # 500 m to the north
ROWS, COLUMNS = 17, 21
RIVER = 8  # no street crosses between this row and the next one, except on bridges
BRIDGES = (4, 10, 17)
HILL = (13, 4)  # row and column of its top

dice = random.Random(20260302)
nodes, ways, crossings = [], [], {}


def longitude(metres_column):
    return LON + metres_column * STEP / math.cos(math.radians(LAT))


def node(lat, lon, tags=None):
    nodes.append((len(nodes) + 1, lat, lon, tags or {}))
    return len(nodes)


def way(refs, **tags):
    ways.append((refs, {key.replace("__", ":"): value for key, value in tags.items()}))


def elevation(row, column):
    return max(0, round(90 - 22 * math.hypot(row - HILL[0], column - HILL[1])))


STREETS = ["望潮", "听雨", "栖霞", "白鹭", "青禾", "揽月", "临风", "采薇", "枫晚", "云水", "竹溪", "锦帆", "归燕", "松涛", "杏林", "芦花", "霜叶",
           "琴台", "石桥", "柳浪", "银杏"]
ENGLISH = ["Wangchao", "Tingyu", "Qixia", "Bailu", "Qinghe", "Lanyue", "Linfeng", "Caiwei", "Fengwan", "Yunshui", "Zhuxi", "Jinfan",
           "Guiyan", "Songtao", "Xinglin", "Luhua", "Shuangye", "Qintai", "Shiqiao", "Liulang", "Yinxing"]


def streets():
    for row in range(ROWS):
        for column in range(COLUMNS):
            shift = 0.0006 * math.sin(row * 1.7 + column * 0.9)
            river = 0.0030 if row > RIVER else 0
            tags = {"ele": str(elevation(row, column))} if elevation(row, column) else {}
            crossings[row, column] = node(LAT + row * STEP + shift + river, longitude(column) + shift * 0.7, tags)
    for row in range(ROWS):
        kind = "primary" if row in (4, 12) else "secondary" if row % 4 == 2 else "residential"
        way([crossings[row, c] for c in range(COLUMNS)], highway=kind, name=f"{STREETS[row]}路", name__en=f"{ENGLISH[row]} Road")
    for column in range(COLUMNS):
        kind = "primary" if column in BRIDGES else "secondary" if column % 5 == 1 else "residential"
        tags = {"highway": kind, "name": f"{STREETS[20 - column]}街", "name__en": f"{ENGLISH[20 - column]} Street"}
        rows = [list(range(ROWS))] if column in BRIDGES else [list(range(RIVER + 1)), list(range(RIVER + 1, ROWS))]
        for part in rows:
            way([crossings[r, column] for r in part], **tags)


def ring_and_motorway():
    # The ring: one way each direction would be two roads; here one two-way trunk road, half a step outside the grid.
    ring = []
    corners = [(-0.6, -0.6), (-0.6, COLUMNS - 0.4), (ROWS + 0.3, COLUMNS - 0.4), (ROWS + 0.3, -0.6)]
    for (r0, c0), (r1, c1) in zip(corners, corners[1:] + corners[:1]):
        for i in range(8):
            share = i / 8
            ring.append(node(LAT + (r0 + (r1 - r0) * share) * STEP, longitude(c0 + (c1 - c0) * share)))
    way(ring + ring[:1], highway="trunk", name="环城路", name__en="Ring Road")
    for at, cross in ((2, (0, 4)), (5, (0, 10)), (10, (4, 20)), (13, (12, 20)), (19, (16, 10)), (22, (16, 4)), (26, (12, 0)), (29, (4, 0))):
        way([ring[at], crossings[cross]], highway="secondary", name="环城连接线", name__en="Ring Link")
    # The toll motorway to a second town, 46 km to the east; the old road beside it is free and slow.
    east = [node(LAT + (8.2 + 0.9 * math.sin(i * 0.35)) * STEP, longitude(COLUMNS - 0.4 + i * 4.4)) for i in range(1, 21)]
    back = [node(LAT + (8.26 + 0.9 * math.sin(i * 0.35)) * STEP, longitude(COLUMNS - 0.4 + i * 4.4)) for i in range(1, 21)]
    motorway = {"highway": "motorway", "toll": "yes", "maxspeed": "120", "name": "澜海高速", "name__en": "Lanhai Expressway"}
    way([ring[11]] + east, **motorway)
    way(list(reversed(back)) + [ring[12]], **motorway)
    way([east[-1], back[-1]], highway="motorway_link", oneway="no")
    old = [node(LAT + (5.0 + 1.5 * math.sin(i * 0.8)) * STEP, longitude(COLUMNS - 0.4 + i * 2.2)) for i in range(1, 41)]
    way([ring[10]] + old, highway="secondary", maxspeed="60", name="老海路", name__en="Old Sea Road")
    town = [[node(LAT + (6 + r) * STEP, longitude(COLUMNS + 88.4 + c)) for c in range(4)] for r in range(4)]
    for row in town:
        way(row, highway="residential", name="渔港路", name__en="Harbour Road")
    for column in range(4):
        way([row[column] for row in town], highway="residential", name="灯塔街", name__en="Lighthouse Street")
    way([east[-1], town[2][0]], highway="secondary", name="入城路", name__en="Town Road")
    way([old[-1], town[0][0]], highway="secondary", name="入城路", name__en="Town Road")
    # An island with a road and no bridge.
    island = [node(LAT - 14 * STEP, longitude(10 + i)) for i in range(3)]
    way(island, highway="residential", name="孤屿路", name__en="Lone Isle Road")
    place(-14, 11, "attraction", "孤屿灯塔", "Lone Isle Lighthouse", tourism="attraction")
    return town


def place(row, column, kind, zh, en, **tags):
    river = 0.0030 if row > RIVER else 0
    tags = {key.replace("__", ":"): str(value) for key, value in tags.items()}
    tags.update({"name": zh, "name:en": en, "fictional": "yes"})
    if not any(key in tags for key in ("amenity", "shop", "tourism", "leisure", "office", "landuse", "place", "highway", "railway")):
        tags["amenity"] = kind
    node(LAT + row * STEP + river + 0.0004, longitude(column) + 0.0004, tags)


EAT = "Mo-Su 10:00-14:00,16:30-22:00"
RESTAURANTS = [  # row, column, names, cuisine, rating, hours
    (6.1, 11.2, "蜀巷人家", "Shu Lane Kitchen", "sichuan", 4.8, "Mo-Su 10:00-22:30"),
    (3.2, 6.4, "麻辣小馆", "Numb and Hot", "sichuan;hot_pot", 4.3, EAT),
    (11.5, 13.1, "川渝往事", "Bygone Chuanyu", "sichuan;chongqing", 4.6, EAT),
    (14.2, 8.3, "锦城食府", "Jincheng House", "sichuan", 4.5, "Mo-Su 11:00-21:30"),
    (2.1, 17.2, "巴山夜雨川菜馆", "Rainy Night in Bashan", "sichuan", 4.1, "Tu-Su 11:00-22:00"),
    (7.4, 3.3, "红油铺子", "Red Oil Shop", "sichuan;noodle", 3.9, EAT),
    (5.3, 13.4, "潇湘楼", "Xiaoxiang House", "hunan", 4.4, EAT),
    (10.2, 5.1, "辣妹子湘菜", "Spice Girl Hunan", "hunan", 4.0, EAT),
    (6.6, 9.1, "粤海轩", "Yuehai Pavilion", "cantonese", 4.7, "Mo-Su 07:30-14:00,17:00-22:00"),
    (12.3, 15.2, "早茶公所", "Morning Tea Hall", "cantonese", 4.5, "Mo-Su 07:00-15:00"),
    (4.4, 8.2, "烟雨江南", "Misty Jiangnan", "jiangzhe", 4.6, EAT),
    (13.1, 11.4, "运河人家", "Canal Family", "jiangzhe", 4.2, EAT),
    (3.3, 12.1, "弄堂里", "In the Lane", "shanghai", 4.3, EAT),
    (9.4, 16.2, "老火锅", "Old Hot Pot", "hot_pot", 4.6, "Mo-Su 11:00-02:00"),
    (1.2, 9.3, "一品牛油火锅", "First Grade Hot Pot", "hot_pot", 4.2, "Mo-Su 11:00-24:00"),
    (5.1, 18.3, "大漠烤肉", "Great Desert Grill", "xinjiang;muslim", 4.4, EAT),
    (11.1, 2.2, "黑土地饺子馆", "Black Earth Dumplings", "northeast;dumpling", 4.1, EAT),
    (7.2, 12.3, "京味斋", "Capital Taste", "beijing", 4.0, EAT),
    (2.4, 3.1, "巷口面馆", "Corner Noodles", "noodle", 4.5, "Mo-Su 06:30-20:00"),
    (8.1, 14.2, "手擀面", "Hand Rolled Noodles", "noodle", 4.2, "Mo-Sa 07:00-21:00"),
    (12.2, 7.4, "素心阁", "Plain Heart", "vegetarian", 4.6, "Mo-Su 11:00-14:00,17:00-20:30"),
    (4.1, 16.4, "海味码头", "Seafood Pier", "seafood", 4.5, EAT),
    (14.4, 17.1, "渔火", "Fishing Lights", "seafood", 4.3, "We-Mo 16:00-23:00"),
    (6.3, 5.4, "樱之味", "Taste of Sakura", "japanese", 4.4, EAT),
    (10.4, 10.3, "寿司一番", "Sushi First", "japanese", 4.1, EAT),
    (3.4, 14.3, "汉江烤肉", "Han River Grill", "korean", 4.2, EAT),
    (13.4, 4.1, "山顶西餐厅", "Hilltop Western", "western", 4.7, "Tu-Su 11:30-22:00"),
    (9.1, 7.2, "拿坡里", "Napoli", "italian;pizza", 4.3, EAT),
    (5.4, 2.3, "泰香", "Thai Fragrance", "thai", 4.0, EAT),
    (15.1, 13.2, "深夜食堂", "Midnight Diner", "barbecue", 4.4, "Mo-Su 18:00-03:00"),
    (7.1, 19.1, "苗岭酸汤", "Miaoling Sour Soup", "guizhou", 4.3, EAT),
    (1.4, 13.2, "邻里小厨", "Neighbours' Kitchen", "chinese", 3.8, "sunrise-sunset"),
    (11.3, 18.4, "清泉素面", "Clear Spring Noodles", "noodle;vegetarian", 4.0, EAT),
]
CHARGERS = [  # row, column, names, kW, plugs, free, price
    (4.2, 9.4, "望江超充站", "Riverview Supercharger", 180, 8, 4, 1.6),
    (7.3, 7.1, "白鹭充电站", "Egret Charging", 60, 6, 0, 1.2),
    (2.2, 14.1, "锦帆快充站", "Jinfan Fast Charging", 120, 10, 6, 1.4),
    (10.3, 12.2, "云水充电站", "Yunshui Charging", 60, 4, 2, 1.1),
    (12.4, 5.3, "山脚充电站", "Foothill Charging", 40, 4, 3, 1.0),
    (14.1, 15.3, "北城超充站", "North Town Supercharger", 240, 12, 9, 1.8),
    (15.3, 3.2, "松涛充电站", "Songtao Charging", 60, 6, 1, 1.2),
    (5.2, 19.2, "东门快充站", "East Gate Fast Charging", 120, 8, 5, 1.5),
    (0.3, 6.2, "南环充电站", "South Ring Charging", 60, 6, 4, 1.1),
    (8.3, 1.2, "西岸充电桩", "West Bank Charger", 7, 2, 2, 0.8),
    (11.2, 19.3, "老海路充电站", "Old Sea Road Charging", 40, 4, 4, 0.9),
    (9.3, 10.1, "中央公园充电站", "Central Park Charging", 120, 6, 3, 1.5),
]


def places(town):
    for row, column, zh, en, cuisine, rating, hours in RESTAURANTS:
        place(row, column, "restaurant", zh, en, cuisine=cuisine, rating=rating, opening_hours=hours)
    for row, column, zh, en, kw, plugs, free, price in CHARGERS:
        place(row, column, "charging_station", zh, en, socket__type2__output=f"{kw} kW", capacity=plugs, capacity__free=free,
              charge=f"{price} CNY/kWh", opening_hours="24/7")
    place(7.35, COLUMNS + 40, "charging_station", "澜海服务区充电站", "Lanhai Services Charging", socket__type2__output="180 kW", capacity=8,
          capacity__free=7, charge="2.0 CNY/kWh", opening_hours="24/7")
    place(8.3, COLUMNS + 90, "charging_station", "渔港充电站", "Harbour Charging", socket__type2__output="60 kW", capacity=4, capacity__free=2,
          charge="1.3 CNY/kWh", opening_hours="24/7")
    place(8.6, COLUMNS + 89, "restaurant", "渔港海鲜", "Harbour Seafood", cuisine="seafood", rating=4.6, opening_hours=EAT)
    for name, zh, en in (("parking", "停车场", "Car Park"), ("toilets", "公共厕所", "Public Toilet"), ("pharmacy", "药店", "Pharmacy")):
        for i in range(8):
            row, column = dice.uniform(0.5, 15.5), dice.uniform(0.5, 19.5)
            street = STREETS[int(row)]
            capacity = dice.randrange(20, 200) if name == "parking" else 1
            place(row, column, name, f"{street}{zh}", f"{ENGLISH[int(row)]} {en}", capacity=capacity)
    stores = (("邻家便利店", "Next Door Store"), ("潮汐便利店", "Tide Store"), ("街角便利店", "Street Corner Store"), ("晨光便利店", "Dawn Store"))
    for i, (zh, en) in enumerate(stores):
        place(2 + i * 3.7, 4 + i * 4.1, "shop", zh, en, shop="convenience", opening_hours="24/7")
    place(4.6, 11.6, "shop", "望潮购物中心", "Wangchao Mall", shop="mall", opening_hours="Mo-Su 10:00-22:00", rating=4.4)
    place(12.6, 14.4, "shop", "北城超市", "North Town Supermarket", shop="supermarket", opening_hours="Mo-Su 07:30-21:30")
    place(3.7, 7.6, "shop", "青禾超市", "Qinghe Supermarket", shop="supermarket", opening_hours="Mo-Su 08:00-21:00")
    place(9.6, 12.4, "hospital", "栖云市第一医院", "Qiyun First Hospital", amenity="hospital", opening_hours="24/7")
    place(5.7, 15.3, "school", "青禾小学", "Qinghe Primary School", amenity="school")
    place(10.7, 8.4, "school", "栖云大学", "Qiyun University", amenity="university")
    place(3.8, 10.3, "kindergarten", "小荷幼儿园", "Little Lotus Kindergarten", amenity="kindergarten")
    place(8.7, 18.4, "hotel", "望海酒店", "Seaview Hotel", tourism="hotel", rating=4.5)
    place(9.5, 9.4, "park", "中央公园", "Central Park", leisure="park")
    place(13.0, 4.0, "attraction", "望云塔", "Cloud Tower", tourism="attraction", rating=4.6, opening_hours="Tu-Su 09:00-17:00")
    place(6.4, 13.6, "cinema", "星河影城", "Galaxy Cinema", amenity="cinema", opening_hours="Mo-Su 10:00-01:00")
    place(0.7, 10.4, "station", "栖云南站", "Qiyun South Station", railway="station")
    place(15.6, 19.2, "fuel", "北环加油站", "North Ring Petrol", amenity="fuel", opening_hours="24/7")
    place(2.6, 1.4, "fuel", "西环加油站", "West Ring Petrol", amenity="fuel", opening_hours="24/7")
    place(7.5, 16.5, "cafe", "潮声咖啡", "Sound of Tide Coffee", amenity="cafe", rating=4.5, opening_hours="Mo-Su 08:00-21:00")
    place(4.7, 6.3, "cafe", "一页咖啡", "One Page Coffee", amenity="cafe", rating=4.3, opening_hours="Mo-Fr 07:30-20:00; Sa,Su 09:00-22:00")
    place(11.4, 16.4, "car_wash", "亮亮洗车", "Shiny Car Wash", amenity="car_wash", opening_hours="Mo-Su 08:30-19:00")
    place(12.7, 17.5, "repair", "老陈修车", "Old Chen's Garage", shop="car_repair", opening_hours="Mo-Sa 08:00-18:00")
    place(8.4, 11.5, "bank", "潮汐银行", "Tide Bank", amenity="bank", opening_hours="Mo-Fr 09:00-17:00")
    place(14.6, 10.5, "home", "竹溪花园", "Bamboo Brook Garden", landuse="residential")
    place(5.6, 10.7, "company", "云帆大厦", "Cloud Sail Tower", office="company")
    place(7.30, COLUMNS + 41, "services", "澜海服务区", "Lanhai Services", highway="services")
    for row, column, zh, en in ((4, 5, "临江区", "Riverside District"), (4, 15, "东湾区", "East Bay District"),
                                (13, 6, "望云区", "Cloudview District"), (13, 15, "北城区", "North Town District")):
        place(row, column, "suburb", zh, en, place="suburb")
    place(8, 10, "city", "栖云市", "Qiyun", place="city")
    place(7.5, COLUMNS + 90, "city", "渔港镇", "Harbour Town", place="town")
    del town


def main():
    streets()
    places(ring_and_motorway())
    print('<?xml version="1.0" encoding="UTF-8"?>')
    print("<!-- FICTIONAL. Qiyun does not exist; every road, place, name and number here is invented. Written by tools/demo_city.py. -->")
    print('<osm version="0.6" generator="tools/demo_city.py">')
    for number, lat, lon, tags in nodes:
        head = f'<node id="{number}" lat="{lat:.6f}" lon="{lon:.6f}"'
        inner = "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())
        print(f"{head}>{inner}</node>" if tags else f"{head}/>")
    for number, (refs, tags) in enumerate(ways, 1):
        print(f'<way id="{number}">' + "".join(f'<nd ref="{ref}"/>' for ref in refs) +
              "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items()) + "</way>")
    print("</osm>")


if __name__ == "__main__":
    main()
