"""What ``init`` and the set-up write as config.toml: every key, commented in Vietnamese and English."""

from __future__ import annotations

from agent.notices import settings as notices
from agent.peers import settings as peers

TEMPLATE = (
    """\
# thungan: cấu hình máy tính tiền / configuration of this cash register

[seller]                        # người bán, như đã đăng ký với cơ quan thuế
name = "{name}"
tax_code = "{tax_code}"
address = "{address}"

[register]
form = {form}                        # 1 = hóa đơn GTGT (VAT), 2 = hóa đơn bán hàng (sales)
letters = "AA"                  # hai chữ cuối của ký hiệu: C26M"AA"; mỗi máy một cặp chữ
number = 1                      # số thứ tự máy, 1 đến 999
taxpayer = "{taxpayer}"              # 5 ký tự cơ quan thuế cấp (thông điệp 103)

# Chỉ cần cho tờ khai (thungan register) và thông báo sai sót / only for the forms:
# [office]                      # cơ quan thuế quản lý
# name = "Thuế cơ sở 1 thành phố Đà Nẵng"
# code = "50101"
# place = "Đà Nẵng"             # nơi ký tờ khai
# [representative]              # người đại diện theo pháp luật
# name = "Nguyễn Thị An"
# phone = "0905123456"
# born = 1980-05-17
# sex = "female"                # male, female
# citizen_id = "048180001234"

[vat]
default = "8%"                  # thuế suất khi phiếu không ghi: 0% 5% 8% 10% KCT KKKNT KHAC:AB.CD%
# service_charge = "8%"         # thuế suất của phí phục vụ; để trống: như trên
# Nghị quyết 204/2025/QH15: 8% chỉ dùng trong những ngày này / days on which 8% may be used
allowed = {{ "8%" = ["2025-07-01..2026-12-31"] }}

# Mặt hàng có thuế suất riêng: theo mã, theo tên (không phân biệt dấu, hoa thường), theo ngày. Luật đầu tiên
# khớp được dùng. / Goods with a rate of their own; the first rule that fits counts.
[[vat.rules]]
rate = "10%"                    # khi hết hạn giảm thuế
from = 2027-01-01
# [[vat.rules]]
# rate = "KCT"
# names = ["rau *", "*trứng gà*"]
# codes = ["R001"]

[household]                     # hộ kinh doanh, mẫu 2: tỷ lệ % thuế GTGT, để kiểm số tiền giảm 20%
direct_rate = "1%"

# [buyer]                       # người mua cho thông tin sau khi bán / a buyer who comes after the sale
# later = "replace"             # "replace": lập ngay rồi thay thế; "wait": phiếu có chữ sau đây thì chờ
# marks = ["lấy hóa đơn", "xuất hóa đơn"]
# until = "23:30"               # đến giờ này mà chưa có thông tin thì lập như khách lẻ

[source]                        # nơi phiếu đi ra: cổng nối tiếp, mạng… (docs/sources.md; thungan ports)
uri = "{source}"
# more = ["tcp://0.0.0.0:9100?printer=tcp://192.168.1.50:9100", "folder:///C:/export?profile=csv-lines"]
# profile = "general"           # cách đọc phiếu: tên hoặc tệp .toml (thungan profile)
# hold_ms = 1500                # lệnh cắt giấy chờ hóa đơn nhiều nhất bấy nhiêu phần nghìn giây

# [printer]                     # máy in phiếu
# qr = "native"                 # native, raster, columns (máy cũ), star, none
# paper = 80                    # mm: 58 hoặc 80
# block = "auto"                # auto, text, picture: mã in bằng chữ hay bằng hình / letters or drawn
# late_slip = true              # phiếu bằng hình đọc xong trễ: in mã thành phiếu riêng / a slip of its own

# [transfer]                    # in kèm mã QR chuyển khoản (VietQR) trên phiếu / payment QR on the receipt
# bank_bin = "970436"           # mã ngân hàng (BIN)
# account = "0041000123456"

{keys}
[authority]
url = "{url}"
ca = "{ca}"                     # PEM; để trống: tin như hệ điều hành
trust = "{trust}"               # chứng thư của cơ quan thuế, để kiểm thông báo 204
version = "2.1.0"
# route = "tvan"                # "direct": nối thẳng; "tvan": qua tổ chức truyền nhận (docs/routes.md)
#   "viettel", "vnpt": nhà cung cấp cấp số; thêm user="…" và password="keyring:thungan/viettel"
# tvan_code = "0109990002"      # mã số thuế của tổ chức truyền nhận / the T-VAN's tax code
# transport = "https"           # https, soap (SOAP 1.2, WS-Security: thêm/with user="…", password="…")
# token = "file:keys/token"     # nơi giữ mã truy cập: env:, file:, keyring: / where the access token is kept
every = 15                      # giây giữa hai lần gửi
# proxy = "http://192.168.1.1:3128"   # có mật khẩu: "http://TÊN@…" và dòng proxy_password="file:keys/proxy"
# per_minute = 60               # số gói nhiều nhất mỗi phút; 0: không giới hạn / most messages a minute
# at_once = 2                   # số gói được gửi cùng lúc / packages under way at the same time
# pin = "sha256:…"              # chỉ tin máy chủ có khóa này / trust only the server with this key

# [viettel]                     # route = "viettel" (docs/viettel.md); để trống đều được / all may be left out
# template = "1/001"            # mẫu số ở nhà cung cấp / template code
# batch = 1                     # số hóa đơn mỗi lần gọi, đến 50 / orders in one call

# [vnpt]                        # route = "vnpt" (docs/vnpt.md), với account và account_password ở trên
# pattern = "1/001"             # mẫu số ở nhà cung cấp / pattern
# batch = 50                    # số hóa đơn mỗi lần gọi / orders in one call

[backup]                        # bản sao lưu ở nơi thứ hai: thư mục, ổ USB, ổ mạng (docs/backup.md)
folder = ""                     # ví dụ "D:/sao-luu", "/media/usb/thungan"; để trống: không sao lưu / none
# every = 15                    # phút, chỉ khi có gì mới / minutes, where there is anything new
# keep = 10                     # số bản mới nhất và số ngày được giữ / newest copies and days that are kept
# [retention]
# live_months = 2               # tháng trọn vẹn giữ trong tệp dữ liệu; tháng cũ hơn được nén lại

# [clock]                       # đồng hồ vẫn luôn được so với giờ của cơ quan thuế
# ntp = ["vn.pool.ntp.org"]     # hỏi thêm khi không gặp được cơ quan thuế / asked where the authority is away

# [witness]                     # ai khác giữ mốc ký của sổ cái / who else keeps checkpoints (docs/witness.md)
# url = "https://witness.example.vn"
# key = "witness.example.vn+589718b4+BBm7QYwoYgXeoVCQVVttVRimBBhKYPhYcEqQUDkQabyl"   # thungan witness --key
# every = 60                    # phút

[page]                          # trang xem trên máy này: http://127.0.0.1:8380/ (docs/page.md)
on = true
port = 8380
# host = "192.168.1.20"         # cho điện thoại trong tiệm xem, luôn qua HTTPS; 127.0.0.1: chỉ máy này
# names = ["thungan.local"]     # tên máy dùng để gọi trang / host names by which it is asked for
# language = "vi"               # vi hoặc en
# certificate = "keys/shop.crt.pem"   # để trống: tự tạo / its own if empty
# key = "keys/shop.key.pem"
"""
    + notices.TEMPLATE
    + peers.TEMPLATE
)
